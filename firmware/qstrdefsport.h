// Names that no C source mentions in a form the collector sees.
Q(atcore.apps.at_commands)
