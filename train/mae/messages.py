"""What the words of a failure say, once it is known that they tell of a failure.

`of_failure` searches anywhere in the message, for it is asked only where something else (an exception's name, an error
object, a leading "Error:") has settled that this is one. Bare text without such a sign goes through `openings`.
"""

from __future__ import annotations

import re

from agent.calls.categories import Category
from train.mae.bindings import of_binding

_FLAGS = re.IGNORECASE | re.VERBOSE
_TOOL = r"(?:tools?|functions?|apis?|actions?|methods?|plugins?|skills?|commands?|operations?|procedures?|capabilit(?:y|ies))"
_QUOTED = r"[`'\"\[(<]{0,2}[\w./:-]{1,80}(?:\(\))?[`'\"\])>]{0,2}"

NO_TOOL = re.compile(
    rf"""(?:unknown|no[ ]such|non-?existent|unrecogni[sz]ed|unregistered|undefined|hallucinated|invalid|unsupported)[ ]{_TOOL}(?:[ ]name)?\b
         (?![ ]?(?:call|argument|parameter|input|param|response|result|key|usage|version|request|token|for|syntax))
    | {_TOOL}(?:[ ]name)?[ :]+{_QUOTED}[ ](?:was[ ]|is[ ]|are[ ]|could[ ]|has[ ]|does[ ]|do[ ])?(?:not[ ](?:be[ ])?(?:found|exist|available|registered|defined|known|recogni[sz]ed|implemented|a[ ]|one[ ]of|in[ ])|unknown|unavailable$|undefined|doesn'?t[ ]exist|isn'?t[ ](?:a[ ]|one|available|registered|defined))
    | (?:there[ ]is|there's|found)[ ]no[ ]{_TOOL}\b(?:[ ](?:named|called|with|by|{_QUOTED}))
    | \bno[ ]{_TOOL}[ ](?:named|called|with[ ](?:the[ ])?name|registered|matching|found[ ](?:named|called|with|for))
    | {_TOOL}[ ](?:was[ ]|is[ ])?(?:not[ ](?:found|registered|recogni[sz]ed|implemented)|does[ ]not[ ]exist|doesn'?t[ ]exist|unknown)\b
    | {_QUOTED}[ ](?:is[ ]not|isn'?t)[ ](?:a[ ]|an[ ]|one[ ]of[ ](?:the[ ])?|in[ ](?:the[ ])?(?:list[ ]of[ ])?)?(?:valid|available|known|registered|recogni[sz]ed|existing|callable|defined|supported|allowed)?[ ]?(?:as[ ]a[ ])?{_TOOL}\b
    | (?:could|can)(?:[ ]?not|n'?t)[ ](?:find|locate|resolve)[ ](?:an?[ ]|the[ ]|any[ ])?{_TOOL}\b
    | call(?:ed|ing)?[ ](?:to[ ])?(?:an?[ ])?(?:unknown|undefined|non-?existent)[ ](?:tool|function|method)
    | name[ ]'[^']{{1,200}}'[ ]is[ ]not[ ]defined
    | \b[\w.$]{{1,80}}[ ]is[ ]not[ ](?:defined|a[ ]function)(?=$|[.\s;,(])
    | cannot[ ]import[ ]name | no[ ]module[ ]named | cannot[ ]find[ ](?:module|package) | module[ ]'[^']{{1,100}}'[ ]has[ ]no[ ]attribute
    | command[ ]not[ ]found | is[ ]not[ ]recogni[sz]ed[ ]as[ ](?:an[ ]internal|the[ ]name|a[ ]name) | (?:call[ ]to[ ])?undefined[ ](?:local[ ]variable[ ]or[ ])?method
    | -32601\b | unimplemented[ ]method | cannot[ ]query[ ]field[ ].{{1,80}}[ ]on[ ]type[ ]['"\\]*(?:query|mutation)
    """,
    _FLAGS,
)
RUNTIME = re.compile(
    r"""not[ ]supported[ ]between[ ]instances[ ]of | unsupported[ ]operand[ ]type | bad[ ]operand[ ]type
    | is[ ]not[ ](?:JSON[ ])?(?:serializable|subscriptable|callable|iterable|hashable|an[ ]iterator) | unhashable[ ]type
    | object[ ]does[ ]not[ ]support | object[ ]has[ ]no[ ]attribute | has[ ]no[ ]len\(\) | invalid[ ]literal[ ]for
    | could[ ]not[ ]convert[ ]string[ ]to | (?:index|list|string|tuple|pop)\b.{0,20}[ ]out[ ]of[ ]range | division[ ](?:or[ ]modulo[ ])?by[ ]zero
    | divide[ ]by[ ]zero | expecting[ ](?:value|property[ ]name|',') | extra[ ]data:[ ]line | unterminated[ ]string
    | must[ ]be[ ](?:str|int|real[ ]number|a[ ]string|an[ ]integer|a[ ]number|of[ ]type)\b | can[ ]only[ ]concatenate
    | cannot[ ](?:unpack|concatenate|convert|read[ ]propert|set[ ]propert|destructure|access[ ]local) | (?:not[ ]enough|too[ ]many)[ ]values[ ]to[ ]unpack
    | indices[ ]must[ ]be | does[ ]not[ ]match[ ]format | unconverted[ ]data | no[ ]such[ ]file[ ]or[ ]directory | is[ ]a[ ]directory
    | codec[ ]can'?t | recursion[ ]depth | call[ ]stack[ ]size | math[ ]domain | unexpected[ ](?:token|end[ ]of|EOF|identifier)
    | object[ ]of[ ]type[ ]\S+[ ]is[ ]not | null[ ]?pointer | segmentation[ ]fault | panic(?:ked)?\b | stack[ ]overflow | traceback
    | (?:is[ ]|are[ ])?not[ ](?:of[ ]type|a[ ]valid[ ](?:integer|number|string|date|boolean|float|list|dict|uuid|enum|datetime|array|type))
    | (?:not|isn'?t)[ ]an?[ ](?:integer|number|string|boolean|array|object|list)\b | invalid[ ]type | type[ _]mismatch | wrong[ ]type | type_error | int_parsing | float_parsing
    | should[ ]be[ ]a[ ]valid | unable[ ]to[ ]parse[ ].{0,30}[ ]as[ ] | (?:expected|got)[ ](?:type[ ])?['"`]?(?:str|int|float|list|dict|number|string|boolean|integer|array|object)\b
    | out[ ]of[ ]memory | syntax[ ]?error | invalid[ ]syntax | (?:json|parse)[ ]?(?:decode)?[ ]?error | serializ | deserializ
    | ^response[ ]error\.?$ | ^(?:key|index|value|type|attribute|zero[ ]?division)[ ]?error\b | ^'[\w.-]+'$ | undefined[ ]is[ ]not
    | (?:exception|error)[ ](?:was[ ])?(?:raised|thrown|occurred)[ ](?:while|in|inside|when|during)[ ] | unhandled[ ](?:exception|error|promise) | assertion[ ]?(?:error|failed)
    | maximum[ ]length | permission[ ]denied:[ ] | disk[ ]quota | no[ ]space[ ]left | -32602\b | -32700\b
    """,
    _FLAGS,
)
UNSTABLE = re.compile(
    r"""max[ ]retries[ ]exceeded | (?:time[ds]?|timing)[ -]?out | timeout | deadline[ _]exceeded | took[ ]too[ ]long[ ]to[ ]respond
    | connect(?:ion|ing)?\b.{0,40}?\b(?:refused|reset|aborted|closed|error|failed|failure|lost|dropped|broken|timed|terminated|interrupted|unreachable|broke)
    | (?:refused|reset|closed|dropped|lost|terminated)[ ](?:the[ ]|by[ ](?:the[ ])?)?(?:connection|peer|remote|server) | connection[ ]to[ ].{1,80}[ ]failed | no[ ]connection\b
    | (?:could[ ]not|couldn'?t|failed[ ]to|unable[ ]to|cannot|can'?t)[ ](?:establish|connect|reach|resolve|contact|open[ ]a[ ]connection) | remote[ ]end[ ]closed
    | E(?:CONNREFUSED|CONNRESET|CONNABORTED|TIMEDOUT|NOTFOUND|AI_AGAIN|PIPE|HOSTUNREACH|NETUNREACH)\b | socket[ ]hang[ ]up | broken[ ]pipe | fetch[ ]failed | failed[ ]to[ ]fetch
    | getaddrinfo | name[ ](?:or[ ]service[ ]not[ ]known|resolution) | nodename[ ]nor[ ]servname | no[ ]address[ ]associated | dns\b | (?:host|network)[ ](?:is[ ])?(?:unreachable|down|error|failure) | no[ ]route[ ]to[ ]host | name[ ]does[ ]not[ ]resolve
    | rate[ -]?limit | too[ ]many[ ](?:requests|calls|redirects) | quota\b | throttl | (?:monthly|daily|hourly|usage|request)[ ](?:request[ ])?limit | requests?[ ]per[ ](?:second|minute|hour|day) | exceeded[ ].{0,40}\blimit
    | \b[45]\d\d[ ](?:client|server)[ ]error | \bhttp[ /]?(?:[\d.]+[ ])?(?:status[ ]|error[ ]|code[ ]|response[ ])*[: ]*[45]\d\d\b | status(?:[ _]?code)?(?:[ ]of)?[ :=]+[45]\d\d\b | code[ :=]+[45]\d\d\b | (?:server|api|endpoint|service|upstream|gateway)\b.{0,30}?(?:returned|responded|replied|answered|gave)[ ](?:with[ ])?(?:an?[ ])?(?:http[ ]|status[ ]|error[ ]|code[ ])*[: ]*[45]\d\d\b | \berror[ :(]+[45]\d\d\b | ^[ (\[]*[45]\d\d\b(?![,.]?\d)
    | ^(?:not[ ]found|forbidden|unauthori[sz]ed|bad[ ]request|method[ ]not[ ]allowed|internal[ ](?:server[ ])?error|gone|conflict|payment[ ]required|request[ ]entity[ ]too[ ]large|precondition[ ]failed)\b[ .!]*$
    | bad[ ]gateway | gateway[ ]time | service[ ](?:is[ ])?(?:temporarily[ ]|currently[ ])?(?:unavailable|down|overloaded) | internal[ ](?:server[ ])?error | too[ ]many[ ]requests | server[ ](?:error|(?:is[ ])?(?:busy|down|overloaded|unavailable|not[ ]responding|disconnected|hung[ ]up))
    | (?:temporarily|currently|momentarily)[ ](?:unavailable|unreachable|down|offline|overloaded|out[ ]of) | try[ ]again[ ](?:later|in[ ]|after|shortly) | retry[ -](?:after|later|in) | under[ ]maintenance | scheduled[ ]maintenance | overloaded | over[ ]capacity | unreachable
    | ssl\b | certificate | tls\b | handshake | eof[ ]occurred | incomplete[ ]read | upstream | no[ ]healthy | chunked | proxy[ ]error | protocol[ ]error | network[ ]error | stream[ ](?:error|closed|reset) | net::ERR_ | server[ ]disconnected
    | (?:invalid|missing|wrong|expired|no|incorrect|bad|revoked|unknown)[ ](?:or[ ](?:missing|invalid|expired)[ ])?(?:an?[ ]|the[ ]|your[ ])?(?:api|access|auth|auth\w+|subscription|security|bearer|oauth|jwt|rapidapi|x-rapidapi|app|client)?[ _-]?(?:key|token|credentials?|authorization|authentication|signature|appid)\b
    | (?:api|access|auth|bearer|subscription|security)[ _-]?(?:key|token|secret)s?\b.{0,30}?(?:is[ ]|are[ ]|was[ ]|has[ ]|not[ ]|been[ ])+(?:invalid|required|missing|expired|wrong|incorrect|revoked|not|disabled|valid|provided|found) | (?:token|signature|credentials?|session|key)[ ](?:has[ ]|have[ ])?(?:expired|is[ ]invalid|are[ ]invalid)
    | (?:authentication|authorization)[ ](?:failed|required|error|failure) | not[ ](?:authori[sz]ed|authenticated|subscribed|logged[ ]in) | unauthori[sz]ed | access[ ](?:is[ ]|was[ ])?denied | forbidden | login[ ]required | permission_denied | insufficient[ ](?:permission|scope|privilege|quota|credit|funds[ ]on)
    | invalid[ ]api[ ]call | api[ ](?:is[ ])?(?:not[ ]working|unreachable|down|unavailable|doesn'?t[ ]exists?|error) | blocked[ ]user | (?:endpoint|route|path|url|page)\b.{0,60}(?:does[ ]not[ ]exist|not[ ]found|doesn'?t[ ]exist) | cannot[ ](?:get|post|put|delete)[ ]/ | page[ ]not[ ]found | method[ ]not[ ]allowed | -3260[03]\b | -3200[01]\b | circuit[ ]breaker | remote[ ]host | pool[ ](?:is[ ])?(?:exhausted|full)
    """,
    _FLAGS,
)
_STATUS = re.compile(r"(?<![\d.,])[45]\d\d(?![\d.,]\d|\d)")


def of_failure(message: str) -> Category | None:
    """The category that the words of a failure tell; None where they tell none (Others, or the caller's default)."""
    head = message[:2000]
    if NO_TOOL.search(head):
        return Category.TOOL_HALLUCINATION
    unstable, bound = UNSTABLE.search(head), of_binding(head)
    if bound is not None and not (unstable and unstable.start() == 0 and "retries" in unstable.group().lower()):
        return bound
    if unstable:
        return Category.TOOL_INSTABILITY
    return Category.TOOL_CALL_FAILURE if RUNTIME.search(head) else None


def of_http_status(message: str) -> Category | None:
    """Tool Instability where a number of HTTP's stands alone in a short message."""
    return Category.TOOL_INSTABILITY if len(message) < 300 and _STATUS.search(message) else None
