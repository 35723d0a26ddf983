"""Driving and inspecting the model while the firmware runs."""


class Control:
    def __init__(self, np):
        self.np = np

    def fds(self):
        return []

    def service(self):
        pass
