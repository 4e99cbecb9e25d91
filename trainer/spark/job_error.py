"""The one error of the job: a code of Nearfeed's closed list, what happened, where, and what to do."""


class JobError(Exception):
    def __init__(self, code, message, path=None, hint=None):
        super().__init__(message)
        self.code, self.message, self.path, self.hint = code, message, path, hint

    def as_json(self):
        found = {"code": self.code, "message": self.message, "path": self.path, "hint": self.hint}
        return {name: value for name, value in found.items() if value is not None}
