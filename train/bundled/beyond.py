"""Questions that the toolset cannot answer: other domains, small talk, and facts that its records do not hold."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

from train.bundled.mentions import Cast
from train.bundled.picking import Picker
from train.bundled.task import Task

_LACKING = (
    "how much did {film} earn at the box office?|what was the budget of {film}?|how much money did {film} make?|box office of {film}"
    "|did {film} win an oscar?|how many oscars did {film} win?|which awards did {person} win?|was {person} ever nominated for an award?"
    "|has {person} won a golden globe?|how many grammys has {artist} won?|who wrote {film}?|who wrote the screenplay of {film}?"
    "|who composed the music for {film}?|who did the soundtrack of {film}?|who produced {film}?|who was the cinematographer of {film}?"
    "|who edited {film}?|where was {film} shot?|where was {film} filmed?|what is {film} about?|what's the plot of {film}?"
    "|summarize {film}|how does {film} end?|what happens at the end of {film}?|is {film} based on a book?|what age rating does {film} have?"
    "|where can i stream {film}?|is {film} on netflix?|where can i watch {film}?|what do critics say about {film}?"
    "|what is the rotten tomatoes score of {film}?|show me the trailer of {film}|what language is {film} in?|what is the tagline of {film}?"
    "|who is married to {person}?|who is the wife of {person}?|is {person} married?|how many children does {person} have?"
    "|how tall is {person}?|how rich is {person}?|what is the net worth of {person}?|is {person} still alive?|when did {person} die?"
    "|where does {person} live?|what is {person}'s favorite film?|what is {person}'s real name?|how old was {person} when they died?"
    "|what school did {person} go to?|who are the parents of {person}?|what is the phone number of {person}?|is {person} on instagram?"
    "|what are the lyrics of {track}?|lyrics of {track}|who wrote the song {track}?|who produced {track}?|who plays the guitar on {track}?"
    "|what key is {track} in?|what is the tempo of {track}?|what are the chords of {track}?|play {track}|play some {artist}"
    "|play my {playlist} playlist|did {track} reach number one?|how many copies did {album} sell?|who produced {album}?|who drew the cover of {album}?"
    "|which label released {album}?|when is {artist} on tour?|when does {artist} play in berlin?|tickets for {artist}|buy tickets for {artist}"
    "|who is the singer of {artist}?|who are the members of {artist}?|who plays drums in {artist}?|why did {artist} break up?"
    "|how many monthly listeners does {artist} have?|how many followers does {artist} have?|download {album}|share my {playlist} playlist with anna"
    "|rename my {playlist} playlist to something|delete my {playlist} playlist|shuffle my {playlist} playlist|turn up the volume|skip this song"
    "|what is the best episode of {series}?|who wrote {series}?|will there be another season of {series}?|what happens in the finale of {series}?"
    "|what is {series} about?|where is {series} set?|recommend a film like {film}|recommend me something to watch|what should i watch tonight?"
    "|suggest a show similar to {series}|which album should i listen to?|what do people think of {album}?|is {film} any good?|why is {film} so popular?"
    "|compare the styles of {person} and {person2}|which is the better director, {person} or {person2}?|are {person} and {person2} friends?"
    "|write a review of {film}|rate {film} with five stars|add {film} to my watchlist|remind me to watch {film}|set an alarm for {series}"
    "|what is playing at the cinema today?|translate the title {film} into german|how do you pronounce {person}?|spell {artist} backwards"
    "|what camera was used for {film}?|how many stunts are in {film}?|what is the sequel of {film} going to be called?|who owns the rights to {film}?"
    "|who created {series}?|who is the creator of {series}?|who is the showrunner of {series}?|which series did {person} create?"
    "|which tv series has {person} been in?|which shows did {person} act in?|what series is {person} in?|when did the last episode of {series} air?"
    "|on which day did {series} start?|what is the title of the last episode of {series}?|list the episodes of {series}|who directed the first episode of {series}?"
    "|give me all the {genre} movies you know|list all {genre} films|which {genre} films do you have?|how many {genre} films are there?|films from {year}"
    "|what films came out in {year}?|which movies were released in {year}?|which albums came out in {year}?|how many films are in the catalogue?"
    "|list all your films|which directors do you know?|which actors were born in {year}?|who was born in {city}?|which bands come from {country}?"
    "|what is the best film ever made?|what is the best album ever made?|what's the longest film of all time?|which network has the most shows?"
    "|what chart position did {track} reach?|how many people watched {series}?|who designed the costumes in {film}?|which guitar is played on {album}?"
    "|what key is {track} in, and how many bpm?|what did the critics think of {album}?|where can i stream {series} right now?|who sampled {track}?"
    "|which singles were released from {album}?|rename my {playlist} playlist to workout please|copy my {playlist} playlist|sort my {playlist} playlist by mood"
    "|is {artist} playing in {city} this summer? tickets?|how many extras were in {film}?|what did {person} say about {film}?|give me a quote from {film}|what is the famous line in {film}?"
    "|what car is driven in {film}?|what costume does {person} wear in {film}?|which studio made {film}?|who distributed {film}?"
)
_OTHER = (
    "what is the weather in {city}?|will it rain tomorrow in {city}?|what's the temperature in {city}?|how do i get to {city}?|book a flight to {city}"
    "|what time is it in {city}?|how many people live in {city}?|what is the capital of {country}?|who is the president of {country}?"
    "|what currency do they use in {country}?|find me a hotel in {city}|what is a good restaurant in {city}?|translate hello into french"
    "|translate 'good morning' to spanish|how do you say thank you in japanese?|what is {n} plus {m}?|what is {n} times {m}?|calculate {n} divided by {m}"
    "|what is the square root of {n}?|convert {n} miles to kilometers|how many ounces are in {n} pounds?|what is {n} percent of {m}?|is {n} a prime number?"
    "|solve x + {n} = {m}|write a poem about {noun}|write a story about a {noun}|tell me a joke|tell me a joke about a {noun}|sing me a song|hello|hi there"
    "|good morning|how are you?|who are you?|what can you do?|what is your name?|are you a robot?|thank you|thanks a lot|bye|help|what is the meaning of life?"
    "|do you like music?|what's your favorite film?|are you human?|what day is it today?|what is today's date?|set a timer for {n} minutes"
    "|remind me to call {person} tomorrow|send an email to {person}|call {person}|write an email to my boss|schedule a meeting with {person} at {n}"
    "|open the door|turn on the lights|turn off the {noun}|what is the price of bitcoin?|what is the stock price of apple?|how much is a {noun}?"
    "|buy a {noun}|order a pizza|how do i cook a {noun}?|give me a recipe for {noun} soup|how do i fix a {noun}?|how long does it take to boil an egg?"
    "|who won the world cup in {year}?|who won the election in {year}?|what happened in {year}?|when did the second world war end?|who invented the {noun}?"
    "|what is the tallest building in {city}?|how far is the moon?|how many planets are there?|what is a {noun}?|define {noun}|what does {noun} mean?"
    "|what rhymes with {noun}?|how do you spell {noun}?|correct this sentence: i has a {noun}|summarize this article|explain quantum physics"
    "|explain how a {noun} works|write a python function that sorts a list|fix this bug|what is the time complexity of quicksort?|how do i install python?"
    "|read the file {noun}.csv|plot the data in {noun}.csv|what is the average of column {noun}?|list the files in this folder|search the web for {noun}"
    "|what is in the news today?|what's the score of the {city} game?|who plays for {city} tonight?|how do i lose weight?|what should i eat today?"
    "|is {noun} healthy?|what is the best phone?|which book should i read?|who wrote the book {film}?|how many pages does the book {film} have?"
    "|what is the isbn of {film}?|which video games did {person} make?|which paintings did {person} paint?|what books did {person} write?"
    "|how many goals did {person} score?|which team does {person} play for?|what laws did {person} pass?|asdf|lorem ipsum|{noun} {noun2}|what?|why?"
    "|how long is the nile?|how many seasons are there in a year?|how many episodes of hiccups are normal?|how many people live in {film}?"
    "|add milk and {noun} to my shopping list|remove the {noun} stain from my carpet|what did {noun}s look like in reality?|convert {n} fahrenheit to celsius"
    "|can you book two tickets for the cinema on friday?|that was helpful!|great, thanks|how many calories does a {noun} have?|when was the {noun} invented?"
    "|how old is the {noun}?|how long does a {noun} live?|who directed traffic in {city} today?|how many songs can a {noun} sing?|when was {city} founded?"
    "|which river flows through {city}?|how many minutes are in a day?|count to {n}|list the months of the year|name three {noun}s|sort these numbers: {n}, {m}, 7"
    "|create a file called {noun}.txt|delete the file {noun}.txt|make a chart of {noun}|add {n} and {m}|remove {n} from {m}|who is older, my mother or my father?"
    "|who am i?|where am i?|make me a sandwich|what is the distance between {city} and {city2}?|how long is the river {noun}?|what's up?|ok|yes|no"
)
_CITIES = "london|berlin|Paris|Lisbon|tokyo|Chicago|rome|Oslo|madrid|Boston|vienna|Sydney|new york|Cairo"
_COUNTRIES = "France|germany|Japan|brazil|Sweden|canada|Italy|Kenya|Peru|norway"


def beyond(cast: Cast, pick: Picker) -> Task:
    """One question of either kind; the pools hold pieces out for the test like every other."""
    from train.bundled.words import NOUNS

    rng = cast.rng
    lacking = rng.random() < 0.6
    text = pick(_LACKING if lacking else _OTHER)
    question = text.format(
        **{kind: cast.draw(kind) for kind in ("film", "person", "series", "artist", "album", "track", "playlist")},
        person2=cast.draw("person"), city=pick(_CITIES), city2=pick(_CITIES), country=pick(_COUNTRIES),
        genre=rng.choice(("horror", "comedy", "drama", "western", "war", "sci-fi")), noun=rng.choice(NOUNS), noun2=rng.choice(NOUNS), n=rng.randint(2, 99), m=rng.randint(2, 999),
        year=rng.randint(1900, 2024),
    )  # fmt: skip
    return Task("beyond/lacking" if lacking else "beyond/other", question)
