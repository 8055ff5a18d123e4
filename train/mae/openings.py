"""How a text must begin to be a failure, where nothing but text is left: no JSON, no traceback, no page.

A result may hold any word (*Terror Train*, a log that was asked for, a review of a broken connection); a failure says
what it is at once. So everything here is anchored at the beginning, and most at the end of the first sentence too.
"""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.exceptions import of_exception
from train.mae.messages import of_failure, of_http_status

_FLAGS = re.IGNORECASE | re.VERBOSE
_EXCEPTION = re.compile(
    r"(?:[\w-]+\.)*(?P<kind>[A-Z]\w{0,60}(?:Error|Exception|Timeout|Refused|Reset|Disconnected|Fault|Failure|Interrupt|Exit|Warning"
    r"|Requests|NotFound|Unavailable|Denied|Expired|Exhausted|Exceeded)|Exception|Timeout|gaierror|timeout)(?:\s?\[\w+\])?"
    r"(?:(?::\s*|\()(?P<message>.*)|\s*)\Z",
    re.DOTALL,
)
_LABEL = re.compile(
    r"""(?:[\[(<*#>\s-]{0,6}|❌\s?|⚠️?\s?|✗\s?)
    (?:(?:\w+[ ]){0,3}?(?:error|exception|failure|fatal|fail)(?:[ ]?[\[(]?[\w/ -]{1,40}[\])])?(?:[ ](?:code|status|message|response|executing|calling|running|while|when|in|from|with|during|occurred|at|on|processing|invoking)\b[^:\n]{0,100})?\s?[\])>*]{0,3}\s?[:!-]+
      | (?:observation|output|result|stderr|response|tool[ ]output|tool[ ]result)[ ]?:(?=[ ]*(?:error|exception|traceback))
      | err!?[ :] | npm[ ]err! | fatal: | panic: | uncaught\b | exception[ ]in[ ]thread[ ]"[^"]*"
      | error\b(?=[ ](?:executing|calling|running|while|when|in|from|fetching|invoking|processing|reading|parsing)\b)
      | error\b(?=[ ]\(?\d{1,5}\)?(?:$|[:.,;-]|[ ](?:-|:|\(|bad|unauth|forbid|not[ ]found|method|request|too|internal|service|gateway|when|while|from|on))) )\s*""",
    _FLAGS,
)
_REGRET = re.compile(
    r"""(?:oops|sorry|unfortunately|apologies|we[ ]are[ ]sorry|we're[ ]sorry|i'm[ ]sorry|uh[ -]oh|whoops)\b[\s,!:.-]*
    | (?:the[ ])?(?:tool|api|request|call|execution|operation|query|server|service|function|command|program|upstream|endpoint|job|lookup|search|connection|network|session|remote|host|backend|process|response|plugin|gateway|action|database|script)\b[^.\n]{0,80}?
      \b(?:failed(?=$|[.:;,!(]|[ ](?:with|because|due|after|as|since|while|during|when|on|at|for|in|to[ ](?:connect|respond|return|complete|load|fetch|execute|start|parse|process|run|resolve|authenticate|reach|open|read|find|get)))|errored|timed[ ]out|crashed|was[ ](?:refused|reset|denied|rejected|aborted|cancell?ed|blocked|closed|terminated)|is[ ](?:unavailable|unreachable|down|overloaded|not[ ](?:available|responding|reachable))|(?:could|can)[ ]?(?:not|n't)[ ]be|(?:did|does)[ ]?(?:not|n't)[ ](?:respond|exist|return|complete|accept|support|take)|has[ ]expired|returned[ ](?:an?[ ])?(?:error|status|http|[45]\d\d)|raised|threw|responded[ ]with)
    | (?:failed|unable|could[ ]not|couldn'?t|cannot|can'?t|was[ ]not[ ]able|not[ ]able)[ ](?:to\b|be\b|connect|find|get|import|read|reach|resolve|fetch|process|parse|complete|perform|execute|query|open|access|decode|convert|load|call|send|set|post|put|delete|establish|locate|determine|retrieve)
    | (?:an?|the|some|something)[ ](?:\w+[ ]){0,3}?(?:error|exception|problem|failure)[ ](?:has[ ])?(?:occurred|happened|was[ ](?:raised|thrown))
    | something[ ]went[ ]wrong | exception[ ](?:occurred|raised|thrown|while|in|when)\b | error[ ](?:occurred|code) | access[ ]denied | permission[ ]denied | aborted\b | rejected\b""",
    _FLAGS,
)
_TELLING = re.compile(
    r"""[`'"]?[\w.]{1,80}\(\)[`'"]?[ ](?:got|missing|takes|argument|requires|does[ ]not|was[ ]given|expected)
    | name[ ]'[^']{1,200}'[ ]is[ ]not[ ]defined | cannot[ ]import[ ]name | no[ ]module[ ]named | module[ ]'[^']{1,99}'[ ]has[ ]no
    | \w+[ ]is[ ]not[ ](?:defined|a[ ]function)\.?$ | (?:bash|sh|zsh|cmd)?:?[ ]?(?:line[ ]\d+:[ ])?\S{1,40}:[ ]command[ ]not[ ]found
    | '[^']{1,40}'[ ](?:not[ ]supported[ ]between|object[ ](?:has|is|does)|is[ ]a[ ]required[ ]property|is[ ]not[ ]of[ ]type|is[ ]an?[ ]invalid|codec[ ]can)
    | object[ ]of[ ]type[ ]\S+[ ](?:is[ ]not|has[ ]no) | unsupported[ ]operand | can[ ]only[ ]concatenate | invalid[ ]literal[ ]for | list[ ]index[ ]out
    | (?:integer[ ]|float[ ])?division[ ](?:or[ ]modulo[ ])?by[ ]zero | could[ ]not[ ]convert | expecting[ ]value: | (?:not[ ]enough|too[ ]many)[ ]values[ ]to | unhashable[ ]type | string[ ]index | unexpected[ ]token | maximum[ ]recursion | time[ ]data[ ]'
    | additional[ ]properties[ ]are[ ]not | (?:un(?:known|expected|recogni[sz]ed|supported|defined)|extra|invalid|no[ ]such|missing|required)[ ](?:\w+[ ]){0,3}?(?:tool|function|api|action|method|plugin|parameter|argument|field|property|param|keyword|option|input|query|args?|key|token|credentials|header|propert(?:y|ies)|parameters|arguments|fields)\b
    | (?:tool|function|action|method|plugin|parameter|argument|field|property|param|api|option)[ ][`'"\[]?[\w.-]{1,80}[`'"\]]?[ ](?:is|was|not|does|could|has|cannot|must|isn|doesn)
    | there[ ](?:is|was)[ ](?:no|an?[ ]error) | no[ ](?:such[ ])?(?:tool|function|api|method|action|plugin)\b | required[ ](?:\w+[ ]){0,3}(?:is|are|was|not|missing) | [`'"]?[\w.-]{1,60}[`'"]?[ ](?:is|are)[ ](?:a[ ])?(?:required|missing|mandatory)\b | [`'"]?[\w.-]{1,60}[`'"]?[ ]is[ ]not[ ]a[ ](?:valid|known|recogni[sz]ed|registered)[ ](?:tool|function|parameter|argument|action|field)
    | [`'"][\w.-]{1,60}[`'"][ ]is[ ]not[ ](?:recogni[sz]ed|available|registered|a[ ]tool) | you[ ](?:must|need[ ]to|have[ ]to|have[ ]exceeded|have[ ]reached|are[ ]not|do[ ]not[ ]have|don'?t[ ]have|called|forgot|did[ ]not|didn't) | please[ ](?:provide|specify|supply|include|pass)\b | missing\b | the[ ]following[ ]arguments | field[ ]required | expected[ ](?:at[ ](?:least|most)[ ])?\d+[ ]argument
    | HTTPS?ConnectionPool | <?urlopen[ ]error | max[ ]retries[ ]exceeded | \[(?:errno|ssl|winerror)\b | \(?['"]?connection[ ](?:aborted|refused|reset|error|timed|closed|broken|to)\b | (?:read|connect(?:ion)?|request|gateway|operation|socket|query|response|the[ ](?:read|request|handshake|write)(?:[ ]operation)?)?[ ]?time(?:d[ ]?|-?)out\b(?:[.!: ,(]|$)(?![ ]\(?\d{4}) | deadline[ ]exceeded | rate[ ]?limit(?:ed|s)?\b(?:[ ](?:exceeded|reached|hit|is|for)|[.!:,]|$) | too[ ]many[ ]requests | quota[ ]exceeded
    | (?:http[ /]?(?:\d\.\d[ ])?(?:error[ ]|status[ ])?:?[ ]?)?[45]\d\d[: -]+(?:client[ ]error|server[ ]error|bad|unauthori|payment|forbidden|not[ ]found|method|request|conflict|gone|unprocess|too[ ]many|internal|not[ ]impl|service|gateway|i'm|length|unsupported)
    | http[ /]?(?:error|status|\d\.\d)?[ :]*[45]\d\d\b | (?:request[ ]failed[ ]with[ ])?status(?:[ ]code)?[ :=]+[45]\d\d\b | bad[ ]gateway | service[ ](?:temporarily[ ])?unavailable | (?:internal[ ]server|gateway|network|server|connection|proxy|ssl|protocol)[ ](?:error|time-?out)\b | (?:unauthori[sz]ed|forbidden|bad[ ]request|not[ ]found|method[ ]not[ ]allowed|service[ ]unavailable)[.!]*$ | (?:name[ ]or[ ]service|temporary[ ]failure|network[ ]is|no[ ]route|remote[ ]end|broken[ ]pipe|socket[ ]hang|fetch[ ]failed|upstream|getaddrinfo|connect[ ]E|read[ ]E|write[ ]E|no[ ]healthy|server[ ]disconnected|peer[ ]closed|certificate|eof[ ]occurred|nodename|failed[ ]to|net::ERR) | invalid[ ](?:api|access|auth|token|credential)|  E(?:CONN|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH)\w*
    | mcp[ ]error | -32\d{3}\b | json-?rpc[ ]error | (?:segmentation[ ]fault|killed|out[ ]of[ ]memory|command[ ]failed|exit(?:ed)?[ ](?:code|with|status)) | response[ ]error\.?$ | query[ ]error | graphql[ ]error | no[ ]value[ ](?:provided|given|supplied)[ ]for""",
    _FLAGS,
)
_LOG_LINE = re.compile(
    r"^\W{0,3}(?:\d{4}-\d\d-\d\d|\d\d:\d\d|(?:\[\w+\]|(?:info|debug|warn(?:ing)?|error|critical|trace)\b)[ :\]])",
    re.IGNORECASE | re.MULTILINE,
)


def of_bare_text(text: str) -> Category:
    """The category of prose: All Right unless it begins as a failure does."""
    text = text.strip()
    if not text or len(_LOG_LINE.findall(text)) >= 2:
        return Category.ALL_RIGHT
    label = _LABEL.match(text)
    if label is not None and label.end():
        rest = text[label.end() :].strip(" *`\"'\n")
        return _told(rest) or _told(text) or Category.OTHERS
    if (found := of_exception_line(text)) is not None:
        return found
    first = text.split("\n", 1)[0]
    if _REGRET.match(first):
        return _told(text) or Category.OTHERS
    if _TELLING.match(first):
        return of_failure(text) or of_http_status(first) or Category.ALL_RIGHT
    return Category.ALL_RIGHT


def of_exception_line(text: str, *, inside: bool = False) -> Category | None:
    """`TypeError: f() missing ...`, `requests.exceptions.ReadTimeout(...)`; None where it is no exception's line."""
    found = _EXCEPTION.match(text)
    if found is None or (found["message"] is None and " " in text.strip()):
        return None
    return of_exception(text[: found.end("kind")], (found["message"] or "").strip(" \n'\")"), inside=inside)


def _told(message: str) -> Category | None:
    """Of words that are known to tell of a failure."""
    if not message:
        return None
    return of_exception_line(message) or of_failure(message) or of_http_status(message)
