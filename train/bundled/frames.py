"""Sentence frames: how an operation on a collection is asked for.

In frames: `{tnp}` "the films by X after 2000", `{np}` the same without "the", `{n}` the plural noun, `{clause}` "did X
direct", `{aff}` "X directed", `{post}` what follows ("after 2000"), `{one}` "the longest film by X", `{adj}` "longest".
"""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

COUNT = (
    "how many {n} {clause}{post}?|how many {n} {clause}{post}?|how many {n} {clause}{post}?|how many {np}{post} are there?"
    "|count {tnp}{post}|what is the number of {np}{post}?|number of {np}{post}|what's the total number of {np}{post}?"
    "|how many {np}{post} do you know?|give me the number of {np}{post}|i want to know how many {n} {aff}{post}"
    "|tell me how many {n} {aff}{post}|what is the count of {np}{post}?|{np}{post}: how many are there?"
    "|how many {np}{post} exist?|do you know how many {n} {aff}{post}?|how many are {tnp}{post}?|how many {np}{post}?"
    "|how many {np}{post} do you have?|how many {np}{post} do you list?|how many {np}{post} are in your list?"
    "|how many {n} {clause}{post} in total?|how many times are there {np}{post}?"
    "|find out how many {n} {aff}{post}|how large is the number of {np}{post}?"
    "|how many {n} in all {clause}{post}?|how many different {n} {clause}{post}?"
    "|what number of {n} {clause}{post}?|in total, how many {n} {clause}{post}?"
    "|how many {n} {clause}{post} altogether?|exactly how many {n} {clause}{post}?"
    "|so how many {n} {clause}{post}?|i need the number of {np}{post}|can you count {tnp}{post}?"
    "|what's the count of {np}{post}?|how many {np}{post} can you find?|how many {np}{post} are known?"
    "|how many {np}{post} have you got?|how many {np}{post} were there?|tell me the number of {np}{post}"
    "|the number of {np}{post}|{np}{post}, how many?|how many {np}{post} in total?|count all {np}{post}"
    "|count of {np}{post}|amount of {np}{post}|how many {np}{post} would that be?"
    "|do a count of {np}{post}|say how many {np}{post} there are|could you count {tnp}{post}?"
    "|how many {np}{post} are on record?|how many {np}{post} does that make?"
    "|i wonder how many {n} {aff}{post}|any idea how many {n} {aff}{post}?"
    "|let me know how many {n} {aff}{post}|how many {np}{post} do you list in total?"
    "|what is the total of {np}{post}?|are there {np}{post}, and how many?"
)
MORE = (
    "are there more than {k} {np}{post}?|do more than {k} {np}{post} exist?|are there over {k} {np}{post}?"
    "|is the number of {np}{post} higher than {k}?|is it more than {k} {np}{post}?"
    "|are there any more than {k} {np}{post}?|can you find more than {k} {np}{post}?"
    "|would there be more than {k} {np}{post}?|do you list more than {k} {np}{post}?"
    "|is the number of {np}{post} above {k}?"
)
LIST = (
    "which {n} {clause}{post}?|which {n} {clause}{post}?|what {n} {clause}{post}?|list {tnp}{post}|list all {np}{post}"
    "|name {tnp}{post}|name all {np}{post}|show me {tnp}{post}|show me all {np}{post}|give me {tnp}{post}"
    "|give me a list of {np}{post}|what are {tnp}{post}?|what are {tnp}{post} called?|which are {tnp}{post}?"
    "|i want to see {tnp}{post}|what are the titles of {tnp}{post}?|i need a list of all {np}{post}|{tnp}{post}"
    "|can i see {tnp}{post}?|tell me which {n} {aff}{post}|find {tnp}{post}|all {np}{post}|do you know which {n} {aff}{post}?"
    "|list every one of {tnp}{post}|show {tnp}{post}|enumerate {tnp}{post}|i'm looking for {np}{post}|get me {tnp}{post}"
    "|give me the names of {tnp}{post}|what {np}{post} do you have?|which {np}{post} do you have?|{np}{post}|{np}{post}"
    "|what {np}{post} are there?|do you have {np}{post}? which ones?|names of {tnp}{post}|any {np}{post}? titles please"
    "|which {np}{post} are there?|what {np}{post} do you know?"
    "|what were {tnp}{post}?|which were {tnp}{post}?|could you list {tnp}{post}?"
    "|can you name {tnp}{post}?|can you show me {tnp}{post}?|please list all {np}{post}"
    "|i would like a list of {np}{post}|i'd like to see {tnp}{post}|the titles of {tnp}{post}"
    "|list of {np}{post}|a list of {np}{post}|show all {np}{post}|display {tnp}{post}"
    "|write down {tnp}{post}|tell me {tnp}{post}|tell me all {np}{post}|let me see {tnp}{post}"
    "|let me have {tnp}{post}|every one of {tnp}{post}|pull up {tnp}{post}|look up {tnp}{post}"
    "|print {tnp}{post}|just list {tnp}{post}|{np}{post} please|what exactly are {tnp}{post}?"
    "|do you know {tnp}{post}?|i want a list of {np}{post}|i want to know which {n} {aff}{post}"
    "|could you tell me which {n} {aff}{post}?|i want the names of {tnp}{post}|name me {tnp}{post}"
    "|run through {tnp}{post}|give me all {np}{post}|are there {np}{post}? which?"
    "|which ones are {tnp}{post}?|what are all {np}{post}?|which {n} is it that {aff}{post}?"
    "|any {np}{post}? which ones?|{np}{post}: which are they?|of {n}, which {aff}{post}?"
)
WHO_OF_HOP = LIST + "|who {aff}?|who {aff}?|who {aff}?|who are {tnp}?"
"""Where the mention is a person and not the work whose cast is asked for."""
WHO = (
    LIST
    + "|who {aff}?|who {aff}?|who all {aff}?|who are {tnp}?|who's in {e}?|who is in {e}?|cast of {e}|who plays in {e}?|the cast of {e}"
    "|who acts in {e}?|who stars in {e}?|who appears in {e}?|who was in {e}?|{e} cast|the actors of {e}|full cast of {e}"
    "|who were the actors in {e}?|who are the people in {e}?|cast list of {e}|who has a role in {e}?|show me the cast of {e}"
    "|list the cast of {e}|name the cast of {e}|{e}: who is in it?|who is part of {e}?|who makes up the cast of {e}?|who acted in {e}?"
)
ANY = (
    "are there any {np}{post}?|are there {np}{post}?|is there any {np1}{post}?|is there a {np1}{post}?"
    "|do any {np}{post} exist?|are there at all {np}{post}?|were there any {np}{post}?|do you know any {np}{post}?"
    "|can you tell me whether there are any {np}{post}?"
    "|is it true that there are {np}{post}?|have you got any {np}{post}?|do you have any {np}{post}?"
    "|can you find any {np}{post}?|is there at least one {np1}{post}?|are any {np}{post} known?"
    "|is there even one {np1}{post}?|i wonder if there are any {np}{post}"
    "|tell me if there are any {np}{post}"
)
TITLE = (
    "what is {one}{post}?|what is {one}{post}?|which is {one}{post}?|name {one}{post}|what's {one}{post}?"
    "|what is {one}{post} called?|tell me {one}{post}|{one}{post}|give me {one}{post}|find {one}{post}"
    "|what is the title of {one}{post}?|i want to know {one}{post}|show me {one}{post}|which {np1}{post} is the {adj}?"
    "|of {tnp}{post}, which is the {adj}?|which of {tnp}{post} is the {adj}?|what is the name of {one}{post}?"
    "|what was {one}{post}?|the title of {one}{post}|among {tnp}{post}, which one is the {adj}?|what would be {one}{post}?"
    "|tell me what {one}{post} is|tell me what {one}{post} is called|do you know {one}{post}?"
    "|can you name {one}{post}?|what's the title of {one}{post}?|what's the name of {one}{post}?"
    "|i'm looking for {one}{post}|look up {one}{post}|get me {one}{post}|i need {one}{post}"
    "|which one is {one}{post}?|what might be {one}{post}?|give me the title of {one}{post}"
    "|tell me the title of {one}{post}|out of {tnp}{post}, which is the {adj}?"
    "|out of {tnp}{post}, what is the {adj} one?|of all {np}{post}, which one is the {adj}?"
    "|from {tnp}{post}, pick the {adj}|which one of {tnp}{post} is the {adj}?|the {adj} of {tnp}{post}"
    "|what's the {adj} of {tnp}{post}?|what is the {adj} among {tnp}{post}?|pick the {adj} of {tnp}{post}"
    "|find the {adj} of {tnp}{post}|and {one}{post}?|could you tell me {one}{post}?"
    "|let me know {one}{post}|can you find {one}{post}?|what was the title of {one}{post}?"
    "|{one}{post}, please|name of {one}{post}|title of {one}{post}|do you know what {one}{post} is?"
    "|what do you have as {one}{post}?|which {np1}{post} was the {adj}?"
    "|which of {tnp}{post} was the {adj}?|{adj} {np1}{post}|{adj} {np1}{post}?|{adj} of {tnp}{post}"
)
YEAR = (
    "when did {one}{post} come out?|in what year was {one}{post} released?|what year is {one}{post} from?"
    "|when was {one}{post} released?|in which year did {one}{post} come out?|release year of {one}{post}"
    "|what is the year of {one}{post}?|what year did {one}{post} come out?|tell me the release year of {one}{post}"
    "|which year is {one}{post} from?"
    "|what year was {one}{post} made?|which year did {one}{post} come out?"
    "|what year saw the release of {one}{post}?|tell me when {one}{post} came out"
    "|when was {one}{post} first released?|which year was {one}{post} released?"
    "|from what year is {one}{post}?|year of {one}{post}|i want to know when {one}{post} came out"
    "|the release year of {one}{post}|what is the release year of {one}{post}?|when was {one}{post}?"
)
RUNTIME = (
    "how long is {one}{post}?|what is the runtime of {one}{post}?|how many minutes is {one}{post}?|runtime of {one}{post}"
    "|how many minutes does {one}{post} run?|what's the length of {one}{post}?|tell me how long {one}{post} is"
    "|how long does {one}{post} last?|give me the running time of {one}{post}|how long was {one}{post}?"
    "|how many minutes long is {one}{post}?|what's the runtime of {one}{post}?"
    "|what is the running time of {one}{post}?|what is the length of {one}{post}?"
    "|what is the duration of {one}{post}?|how many minutes was {one}{post}?"
    "|how long does {one}{post} run?|length of {one}{post}|running time of {one}{post}"
    "|how much time does {one}{post} take?|in minutes, how long is {one}{post}?"
)
RATING = (
    "what is the rating of {one}{post}?|how is {one}{post} rated?|rating of {one}{post}|what rating does {one}{post} have?"
    "|how well is {one}{post} rated?|what's the demo rating of {one}{post}?|tell me the rating of {one}{post}"
    "|what's the rating of {one}{post}?|what score does {one}{post} have?"
    "|what score does {one}{post} get?|score of {one}{post}|which rating does {one}{post} have?"
    "|how good is the rating of {one}{post}?|how high is {one}{post} rated?"
    "|give me the rating of {one}{post}"
)
SORTED = (
    "list {tnp}{post} {by}|sort {tnp}{post} {by}|show me {tnp}{post} {by}|order {tnp}{post} {by}|give me {tnp}{post} {by}"
    "|rank {tnp}{post} {by}|what are {tnp}{post} {by}?|{tnp}{post} {by}"
    "|can you list {tnp}{post} {by}?|please show {tnp}{post} {by}|arrange {tnp}{post} {by}"
    "|i want {tnp}{post} {by}|list all {np}{post} {by}|name {tnp}{post} {by}|give me all {np}{post} {by}"
    "|{np}{post} {by}|show all {np}{post} {by}|i'd like {tnp}{post} {by}|a list of {np}{post} {by}"
    "|tell me {tnp}{post} {by}"
)
TOP = (
    "what are the {k} {adj} {np}{post}?|list the {k} {adj} {np}{post}|name the {k} {adj} {np}{post}"
    "|show me the {k} {adj} {np}{post}|the {k} {adj} {np}{post}|which are the {k} {adj} {np}{post}?"
    "|give me the {k} {adj} {np}{post}|top {k} {adj} {np}{post}|which {k} {np}{post} are the {adj}?"
    "|i want the {k} {adj} {np}{post}|find the {k} {adj} {np}{post}"
    "|what {k} {np}{post} are the {adj}?|can you list the {k} {adj} {np}{post}?"
    "|tell me the {k} {adj} {np}{post}|i'd like the {k} {adj} {np}{post}|{k} {adj} {np}{post}"
    "|get me the {k} {adj} {np}{post}|pick the {k} {adj} {np}{post}|let me see the {k} {adj} {np}{post}"
    "|what would be the {k} {adj} {np}{post}?|of {tnp}{post}, which {k} are the {adj}?"
)
SUM = (
    "what is the total {what} of {tnp}{post}?|what is the total {what} of all {np}{post}?|total {what} of {tnp}{post}"
    "|how long are {tnp}{post} {together}?|how long are all {np}{post} {together}?|add up the {what} of {tnp}{post}"
    "|how many minutes do {tnp}{post} run {together}?|how much time would it take to go through all {np}{post}?"
    "|sum up the {what} of {tnp}{post}|how many minutes are {tnp}{post} {together}?|combined {what} of {tnp}{post}"
    "|what's the combined {what} of {tnp}{post}?"
    "|how much is the total {what} of {tnp}{post}?|how many minutes is it for all {np}{post} {together}?"
    "|sum of the {what} of {tnp}{post}|give me the total {what} of {tnp}{post}"
    "|tell me the total {what} of {tnp}{post}|what is the overall {what} of {tnp}{post}?"
    "|how many minutes would {tnp}{post} take {together}?"
    "|how long would it take to get through {tnp}{post}?|how long do {tnp}{post} run {together}?"
    "|calculate the total {what} of {tnp}{post}"
)
AVERAGE = (
    "what is the average {what} of {tnp}{post}?|average {what} of {tnp}{post}|what's the mean {what} of {tnp}{post}?"
    "|on average, what is the {what} of {tnp}{post}?|calculate the average {what} of {tnp}{post}"
    "|what {what} do {tnp}{post} have on average?|tell me the average {what} of {tnp}{post}|mean {what} of {tnp}{post}"
    "|give me the average {what} of {tnp}{post}|compute the mean {what} of {tnp}{post}"
    "|what's the average {what} of {tnp}{post}?|the average {what} for {tnp}{post}"
    "|what is the {what} of {tnp}{post} on average?|work out the average {what} of {tnp}{post}"
    "|average {what} for {tnp}{post}|how high is the average {what} of {tnp}{post}?"
    "|i want the average {what} of {tnp}{post}|the mean {what} of {tnp}{post}"
    "|find the average {what} of {tnp}{post}|what is the average {what} of {np1}{post}?"
    "|what is the average {what} of a {np1}{post}?|average {what} of all {np}{post}"
)
AVERAGE_OF = {
    "runtime": (
        "how long are {tnp}{post} on average?|on average, how long are {tnp}{post}?|how many minutes do {tnp}{post} run on average?"
        "|how long is a {np1}{post} on average?|how long are {np}{post} typically, on average?|what do {tnp}{post} run on average?"
        "|how many minutes are {tnp}{post} on average?|how long do {tnp}{post} last on average?"
    ),
    "duration": (
        "how many seconds are {tnp}{post} on average?|on average, how long are {tnp}{post}?|how many seconds do {tnp}{post} last on average?"
        "|how long are {tnp}{post} on average?|how long is a {np1}{post} on average?|how long do {tnp}{post} last on average?"
    ),
    "rating": (
        "how are {tnp}{post} rated on average?|how well are {tnp}{post} rated on average?|on average, how are {tnp}{post} rated?"
        "|how well rated are {tnp}{post} on average?|how high are {tnp}{post} rated on average?|what do {tnp}{post} score on average?"
    ),
    "plays": (
        "how many plays do {tnp}{post} have on average?|on average, how often were {tnp}{post} played?|how often are {tnp}{post} played on average?"
        "|how many plays does a {np1}{post} have on average?|how many times were {tnp}{post} played on average?|on average, how many plays do {tnp}{post} have?"
    ),
    "episodes": (
        "how many episodes do {tnp} have on average?|on average, how many episodes do {tnp} have?|how many episodes are there in {tnp} on average?"
        "|how many episodes are in {tnp} on average?|how many episodes did {tnp} have on average?|how long are {tnp} on average, in episodes?"
    ),
    "tracks": (
        "how many tracks do {tnp} have on average?|on average, how many songs are in {tnp}?|how many songs do {tnp} have on average?"
        "|how big are {tnp} on average?|how many tracks are in {tnp} on average?|how many songs are there in {tnp} on average?"
    ),
}
"""Ways to ask for an average that name what is averaged by their verb."""
NTH = (
    "what is the {k} {np1}{post}?|name the {k} {np1}{post}|what's the title of the {k} {np1}{post}?|the {k} {np1}{post}"
    "|which {n1} is the {k} of {tnp}{post}?|tell me the {k} {np1}{post}|what was the {k} {np1}{post}?"
    "|which is the {k} {np1}{post}?|give me the {k} {np1}{post}|find the {k} {np1}{post}|what is the {k} {np1}{post} called?"
    "|can you name the {k} {np1}{post}?|show me the {k} {np1}{post}|what's the {k} {np1}{post}?"
    "|what's the name of the {k} {np1}{post}?|what is the title of the {k} {np1}{post}?"
    "|the {k} of {tnp}{post}|title of the {k} {np1}{post}|which one was the {k} {np1}{post}?"
    "|i want the {k} {np1}{post}|which {np1}{post} was the {k}?|which {np1}{post} came {k}?"
    "|{k} {np1}{post}"
)
GENRES = (
    "what genres are {tnp}{post}?|which genres do {tnp}{post} belong to?|list the genres of {tnp}{post}"
    "|what are the genres of {tnp}{post}?|which genres do {tnp}{post} cover?|genres of {tnp}{post}"
    "|in which genres are {tnp}{post}?|what different genres do {tnp}{post} have?"
    "|what genres do {tnp}{post} cover?|which genres are {tnp}{post} in?"
    "|what are all the genres of {tnp}{post}?|name the genres of {tnp}{post}"
    "|give me the genres of {tnp}{post}|which different genres do {tnp}{post} belong to?"
    "|show the genres of {tnp}{post}"
)
