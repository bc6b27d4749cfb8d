"""Addresses: GraphQL, and each module below its name."""

from importlib.util import find_spec

from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from graphql_jwt.decorators import jwt_cookie

from openIMIS.openimisapps import MODULES
from openIMIS.schema import schema
from openIMIS.views import View

graphql = csrf_exempt(jwt_cookie(View.as_view(schema=schema)))

urlpatterns = [path("api/graphql", graphql), path("api/graphql/", graphql)]
urlpatterns += [path(f"api/{name}/", include(f"{name}.urls")) for name in MODULES if find_spec(f"{name}.urls")]
