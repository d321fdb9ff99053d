"""A WSGI filter: an answer to HEAD without a Content-Length gets one.

Swift's S3 errors have none; its HTTP server then announces a chunked body and sends the last-chunk, which RFC 9110 section 9.3.2 forbids
and Node's HTTP parser refuses ("Expected HTTP/").
"""


def filter_factory(_global_conf, **_local_conf):
    def make_filter(app):
        def head_length(env, start_response):
            if env["REQUEST_METHOD"] != "HEAD":
                return app(env, start_response)

            def start_with_length(status, headers, exc_info=None):
                if not any(name.lower() == "content-length" for name, _ in headers):
                    headers = [*headers, ("Content-Length", "0")]
                return start_response(status, headers, exc_info)

            return app(env, start_with_length)

        return head_length

    return make_filter
