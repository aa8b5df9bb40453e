from tests.fundtracker.conftest import serve

__all__ = ["serve"]
