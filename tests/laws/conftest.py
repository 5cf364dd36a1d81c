"""The laws ask the strict device too."""

from tests.standin.backend import install

install()
