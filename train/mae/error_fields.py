"""The names of fields that go with failures, in lower case with underscores."""

from __future__ import annotations

ERROR = frozenset(
    """error errors err exception fault error_message errormessage error_msg errormsg error_description errordescription
    err_msg errmsg faultstring failure failure_reason failurereason error_detail error_details errordetails errorcode
    error_code errcode errortype error_type""".split()
)
"""They mean a failure wherever they hold something."""
TEXT = (
    "message", "messages", "msg", "detail", "details", "reason", "why", "title", "description", "info", "statusmessage",
    "status_message", "statustext", "text", "hint", "traceback",
)  # fmt: skip
"""They hold words, in the order in which they are looked for."""
MESSAGE = frozenset("message messages msg detail details reason why status_message statusmessage".split())
"""Those of them that a result of one field would not be called."""
CODE = frozenset(
    """code status statuscode status_code http_code httpcode http_status httpstatus httpstatuscode cod error_code
    errorcode errno errcode err_code responsecode""".split()
)
FLAG = frozenset("success ok succeeded successful".split())
SIGN = FLAG | frozenset("iserror is_error stat response status result failed state outcome".split())
"""They tell whether it went well."""
COMPANY = frozenset(
    """type timestamp time date datetime path url uri endpoint instance trace traceid trace_id requestid request_id
    correlationid correlation_id documentation_url docs help more_info moreinfo links href jsonrpc id tool tool_name
    toolname function name method params param parameter field retry_after retryafter retry_after_ms domain locations
    extensions stack stacktrace stack_trace traceback cause version meta metadata support resource target suggestion
    suggestions available_tools available known valid_parameters allowed severity category kind x_request_id content
    __type loc input ctx innererror validation_errors args hostid data results result output value body raw region
    provider server service limit remaining reset host response_metadata""".split()
)
"""They say nothing by themselves, but a failure may have them."""
RESULT = frozenset("data results output value".split())
"""Filled with a list or an object they are what was asked for."""
WRAPPER = ("response", "result", "output", "observation", "content", "body", "stderr")
"""A harness puts a tool's feedback into them."""
NOTHING = frozenset(
    [
        "",
        "none",
        "null",
        "no",
        "no error",
        "no errors",
        "ok",
        "false",
        "0",
        "success",
        "n/a",
        "nil",
        "-",
        "[]",
        "{}",
        "undefined",
    ]
)
BAD = frozenset(
    """error fail failed failure err false exception unsuccessful ko nok errored rejected denied refused declined
    not_found invalid_request unavailable""".split()
)
"""What a sign says where it went wrong."""
