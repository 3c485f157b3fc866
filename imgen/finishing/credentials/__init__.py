"""Content Credentials (C2PA): the signed statement inside a file about where it comes from.

`manifest` words the statement, `sign` puts it into a file, `read` tells what a file says and
whether that can be believed; `certificates`, `development` and `signing_service` are the ways to
come by a signature. docs/content-credentials.md tells what an operator needs to know.
"""
