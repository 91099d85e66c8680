"""What a script of ours asks after a log-in in another tab: who is logged in, and the token of their forms."""

from flask import Blueprint, Response, jsonify
from flask_wtf.csrf import generate_csrf

from admin.context import visitor
from admin.permissions import ANYONE, permission

routes = Blueprint("session", __name__)


@routes.get("/session")
@permission(ANYONE)
def facts() -> Response:
    signed_in = visitor()
    return jsonify(csrf=generate_csrf(), user_id=signed_in.id if signed_in else None)
