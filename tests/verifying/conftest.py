"""The employer of the payments' tests, with its story."""

from tests.payments.conftest import kafue as kafue
