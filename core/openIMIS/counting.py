"""Says with every answer how many SQL statements it took, for those who compare."""

from django.db import connection


class CountStatements:
    """Middleware: the header ``X-SQL-Statements``."""

    def __init__(self, answer):
        self.answer = answer

    def __call__(self, request):
        """Count while the request is answered."""
        count = 0

        def counted(execute, sql, parameters, many, context):
            nonlocal count
            count += 1
            return execute(sql, parameters, many, context)

        with connection.execute_wrapper(counted):
            response = self.answer(request)
        response["X-SQL-Statements"] = str(count)
        return response
