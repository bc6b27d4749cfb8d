"""The GraphQL address: signed in by a token in the header, 401 when the token is no good."""

from django.apps import apps
from django.http import JsonResponse
from graphene_django.views import GraphQLView
from graphql_jwt.exceptions import JSONWebTokenError
from graphql_jwt.shortcuts import get_user_by_token
from graphql_jwt.utils import get_credentials
from jwt import PyJWTError

from openIMIS.openimisapps import MODULES


class View(GraphQLView):
    """As openIMIS's own: each request has its loaders, and its user before anything is resolved."""

    def dispatch(self, request, *args, **kwargs):
        """Sign in by the token, then go on."""
        token = get_credentials(request)
        if token:
            try:
                request.user = get_user_by_token(token, request)
            except (JSONWebTokenError, PyJWTError) as problem:
                return JsonResponse({"errors": [{"message": str(problem)}]}, status=401)
        request.dataloaders = {}
        for module in MODULES:
            fill = getattr(apps.get_app_config(module), "set_dataloaders", None)
            if fill:
                fill(request.dataloaders)
        return super().dispatch(request, *args, **kwargs)
