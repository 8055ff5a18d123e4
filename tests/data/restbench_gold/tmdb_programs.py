"""Gold programs for TMDB's queries. The tools are globals that the test puts in; results are plain JSON."""
# ruff: noqa: F821
# mypy: ignore-errors

from __future__ import annotations


def _first(page):
    return page["results"][0]


def _film(title):
    return _first(search_movie(query=title))["id"]


def _show(title):
    return _first(search_tv(query=title))["id"]


def _person(name):
    return _first(search_person(query=name))["id"]


def _directed(person):
    return [film for film in person_movie_credits(person_id=person)["crew"] if film["job"] == "Director"]


def _latest(films):
    return max(films, key=lambda film: (film["release_date"], film["id"]))


def _directors(found):
    return [member["name"] for member in found["crew"] if member["job"] == "Director"]


def q1():
    return len(_directed(_person("Sofia Coppola")))


def q2():
    return _directors(movie_credits(movie_id=_first(movie_top_rated())["id"]))


def q3():
    company = _first(search_company(query="Walt Disney"))
    return company_images(company_id=company["id"])["logos"][0]["file_path"]


def q4():
    first = _first(movie_similar(movie_id=_film("Titanic")))
    return [review["content"] for review in movie_reviews(movie_id=first["id"])["results"]]


def q5():
    return _latest(_directed(_person("Christopher Nolan")))["title"]


def q6():
    latest = _latest(person_movie_credits(person_id=_person("Leonardo DiCaprio"))["cast"])
    return _directors(movie_credits(movie_id=latest["id"]))


def q7():
    return [show["name"] for show in tv_recommendations(tv_id=_show("Breaking Bad"))["results"]]


def q8():
    return _directors(movie_credits(movie_id=_film("Twilight")))


def q9():
    return _first(movie_top_rated())["title"]


def q10():
    return _first(person_popular())["name"]


def q11():
    return [word["name"] for word in movie_keywords(movie_id=_film("Titanic"))["keywords"]]


def _release(film):
    dates = movie_release_dates(movie_id=film)["results"]
    return min(date["release_date"][:10] for country in dates for date in country["release_dates"])


def q12():
    found = person_movie_credits(person_id=_person("Clint Eastwood"))
    return _release(_latest([*found["cast"], *found["crew"]])["id"])


def q13():
    film = _directed(_person("Francis Ford Coppola"))[0]
    return [other["title"] for other in movie_similar(movie_id=film["id"])["results"]]


def q14():
    film = _first(movie_now_playing())
    return movie_images(movie_id=film["id"])["posters"][0]["file_path"]


def q15():
    film = _first(movie_popular())
    return [word["name"] for word in movie_keywords(movie_id=film["id"])["keywords"]]


def q16():
    found = _first(search_company(query="Paramount Pictures"))
    company = company_details(company_id=found["id"])
    return company_images(company_id=company["id"])["logos"][0]["file_path"]


def q17():
    return _release(_film("Titanic"))


def _collection(name):
    return collection_details(collection_id=_first(search_collection(query=name))["id"])["parts"]


def q18():
    film = _collection("Harry Potter")[0]
    return movie_images(movie_id=film["id"])["posters"][0]["file_path"]


def q19():
    return {film["title"]: film["release_date"] for film in _collection("The Hobbit")}


def q20():
    film = _collection("The Fast and the Furious")[0]
    return _first(movie_reviews(movie_id=film["id"]))["content"]


def q21():
    return _directors(tv_season_credits(tv_id=_show("House of Cards"), season_number=1))


def q22():
    show = max(tv_on_the_air()["results"], key=lambda show: show["popularity"])
    return tv_details(tv_id=show["id"])["first_air_date"]


def q23():
    show = _first(tv_on_the_air())
    return [member["name"] for member in tv_credits(tv_id=show["id"])["cast"]]


def q24():
    return [show["name"] for show in tv_recommendations(tv_id=_show("The Last Of Us"))["results"]]


def q25():
    found = tv_episode_credits(tv_id=_show("Friends"), season_number=3, episode_number=24)
    return [guest["name"] for guest in found["guest_stars"]]


def q26():
    return tv_keywords(tv_id=_first(tv_top_rated())["id"])["results"][0]["name"]


def q27():
    return tv_details(tv_id=_show("2 Broke Girls"))["number_of_episodes"]


def q28():
    return tv_details(tv_id=_show("The Big Bang Theory"))["first_air_date"]


def q29():
    return tv_episode(tv_id=_show("Westworld"), season_number=2, episode_number=3)["overview"]


def q30():
    stills = tv_episode_images(tv_id=_show("Band of Brothers"), season_number=1, episode_number=3)["stills"]
    return stills[0]["file_path"]


def q31():
    network = tv_details(tv_id=_show("Game of Thrones"))["networks"][0]
    return network_details(network_id=network["id"])["homepage"]


def q32():
    show = tv_details(tv_id=_first(tv_popular())["id"])
    return company_details(company_id=show["production_companies"][0]["id"])["headquarters"]


def _trending():
    return _first(trending(media_type="tv", time_window="day"))["id"]


def q33():
    lead = tv_credits(tv_id=_trending())["cast"][0]
    return person_details(person_id=lead["id"])["birthday"]


def q34():
    return _first(tv_reviews(tv_id=_trending()))["content"]


def q35():
    return tv_images(tv_id=_trending())["posters"][0]["file_path"]


def q36():
    show = _show("Black Mirror")
    regulars = [member["id"] for member in tv_credits(tv_id=show)["cast"]]
    guests = tv_episode_credits(tv_id=show, season_number=2, episode_number=1)["guest_stars"]
    lead = next((guest["id"] for guest in guests), regulars[0])
    return person_images(person_id=lead)["profiles"][0]["file_path"]


def q37():
    return tv_credits(tv_id=_first(tv_popular())["id"])["cast"][0]["name"]


def q38():
    found = person_tv_credits(person_id=_person("Cate Blanchett"))
    latest = max([*found["cast"], *found["crew"]], key=lambda show: show["first_air_date"])
    return [review["content"] for review in tv_reviews(tv_id=latest["id"])["results"]]


def q39():
    show = _show("Black Mirror")
    of_season = _directors(tv_season_credits(tv_id=show, season_number=2))
    of_episode = _directors(tv_episode_credits(tv_id=show, season_number=2, episode_number=3))
    return [name for name in of_season if name in of_episode]


def q40():
    rated = [_first(search_movie(query=title)) for title in ("Avatar", "Avatar: The Way of Water")]
    return max(rated, key=lambda film: film["vote_average"])["title"]


def q41():
    return [genre["name"] for genre in movie_details(movie_id=_film("Lord of the Ring"))["genres"]]


def q42():
    posters = tv_season_images(tv_id=_show("Big Bang Theory"), season_number=2)["posters"]
    return posters[0]["file_path"]


def q43():
    lead = movie_credits(movie_id=_film("The Shawshank Redemptionn"))["cast"][0]
    return person_details(person_id=lead["id"])["birthday"]


def q44():
    film = movie_details(movie_id=_film("The Shawshank Redemption"))
    return company_details(company_id=film["production_companies"][0]["id"])["headquarters"]


def q45():
    films = [movie_details(movie_id=_film(title)) for title in ("The Double Life of Veronique", "Mulholland Drive")]
    return min(films, key=lambda film: film["release_date"])["title"]


def q46():
    found = movie_credits(movie_id=_film("Mulholland Drive"))
    director = next(member["id"] for member in found["crew"] if member["job"] == "Director")
    return person_details(person_id=director)["place_of_birth"]


def q47():
    counts = {name: len(_directed(_person(name))) for name in ("Akira Kurosawa", "Spielberg")}
    return max(counts, key=counts.get)


def q48():
    return person_details(person_id=_person("Scarlett Johansson"))["birthday"]


def q49():
    cast = {member["name"] for member in tv_credits(tv_id=_show("We Married as Job"))["cast"]}
    return {"Yui Aragaki", "Gen Hoshino"} <= cast


def q50():
    found = person_movie_credits(person_id=_person("Katherine LaNasa"))
    return _latest(found["cast"])["title"] if found["cast"] else None
