"""From an import's name to the distribution that has it, and warnings about names that only look like a known one."""

from __future__ import annotations

import re
import sys

_NAMES = {
    "Bio": "biopython", "Crypto": "pycryptodome", "OpenSSL": "pyopenssl", "PIL": "pillow", "attr": "attrs",
    "bs4": "beautifulsoup4", "cairosvg": "cairosvg", "cv2": "opencv-python-headless", "dateutil": "python-dateutil",
    "docx": "python-docx", "dotenv": "python-dotenv", "faiss": "faiss-cpu", "fitz": "pymupdf", "git": "gitpython",
    "graphviz": "graphviz", "igraph": "igraph", "jose": "python-jose", "jwt": "pyjwt",
    "kneed": "kneed", "ldap3": "ldap3", "Levenshtein": "levenshtein", "magic": "python-magic", "markdown": "markdown",
    "mpl_toolkits": "matplotlib", "mpl_finance": "mplfinance", "msgpack": "msgpack", "nacl": "pynacl",
    "ortools": "ortools", "osgeo": "gdal", "pdfminer": "pdfminer-six", "pkg_resources": "setuptools",
    "pptx": "python-pptx", "psycopg2": "psycopg2-binary", "pycocotools": "pycocotools", "pyarrow": "pyarrow",
    "pylab": "matplotlib", "rapidfuzz": "rapidfuzz", "rdkit": "rdkit", "rtree": "rtree", "ruamel": "ruamel-yaml",
    "serial": "pyserial", "shapefile": "pyshp", "skimage": "scikit-image", "sklearn": "scikit-learn",
    "slugify": "python-slugify", "snowballstemmer": "snowballstemmer", "socks": "pysocks", "sortedcontainers":
    "sortedcontainers", "telegram": "python-telegram-bot", "tlz": "toolz", "umap": "umap-learn", "usb": "pyusb",
    "websocket": "websocket-client", "wx": "wxpython", "yaml": "pyyaml", "zmq": "pyzmq", "arrow": "arrow",
    "community": "python-louvain", "hdbscan": "hdbscan", "lxml": "lxml", "odf": "odfpy", "pyaml": "pyaml",
    "stl": "numpy-stl", "talib": "ta-lib", "Xlib": "python-xlib", "enchant": "pyenchant", "epub": "ebooklib",
    "ebooklib": "ebooklib", "haversine": "haversine", "imblearn": "imbalanced-learn", "pymysql": "pymysql",
    "MySQLdb": "mysqlclient", "OpenGL": "pyopengl", "pywt": "pywavelets", "sentence_transformers":
    "sentence-transformers", "skbio": "scikit-bio", "speech_recognition": "speechrecognition", "cartopy": "cartopy",
}  # fmt: skip
"""Imports whose distribution has another name (and some that are often mistaken)."""

_POPULAR = frozenset({
    "aiohttp", "altair", "arrow", "asyncpg", "attrs", "azure-core", "babel", "bcrypt", "black", "bokeh", "boto3",
    "botocore", "cachetools", "certifi", "cffi", "chardet", "charset-normalizer", "click", "cloudpickle", "colorama",
    "coverage", "cryptography", "cvxpy", "cython", "dask", "datasets", "django", "duckdb", "fastapi", "feedparser",
    "filelock", "flask", "folium", "fsspec", "gensim", "geopandas", "geopy", "grpcio", "h5py", "holidays", "httpx",
    "huggingface-hub", "hypothesis", "idna", "ipython", "jax", "jinja2", "joblib", "jsonschema", "keras", "kiwisolver",
    "langdetect", "lightgbm", "llvmlite", "lxml", "mako", "markdown", "matplotlib", "mpmath", "networkx", "nltk",
    "numba", "numexpr", "numpy", "openpyxl", "orjson", "packaging", "pandas", "paramiko", "pendulum", "pillow", "pint",
    "plotly", "polars", "prophet", "protobuf", "psutil", "pulp", "pyarrow", "pydantic", "pygments", "pypdf", "pyproj",
    "pytest", "pytz", "pyyaml", "rasterio", "regex", "reportlab", "requests", "rich", "scikit-image", "scikit-learn",
    "scipy", "seaborn", "selenium", "setuptools", "shapely", "simpy", "six", "spacy", "sqlalchemy", "statsmodels",
    "sympy", "tabulate", "tensorflow", "textblob", "thefuzz", "tokenizers", "toolz", "torch", "torchvision", "tornado",
    "tqdm", "transformers", "typer", "tzdata", "urllib3", "uvicorn", "werkzeug", "wordcloud", "xarray", "xgboost",
    "xlrd", "xlsxwriter",
}) | frozenset(_NAMES.values())  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,80}[A-Za-z0-9])?")


def canonical(name: str) -> str:
    """The name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_name(name: str) -> bool:
    """Whether an index could know something of this name: letters, digits, dots, dashes; no option, path or address."""
    return _NAME.fullmatch(name) is not None


def distribution_of(module: str) -> str | None:
    """The distribution for `import module`; None for what no index has (the standard library, odd names)."""
    top = module.split(".", maxsplit=1)[0]
    if top in sys.stdlib_module_names or top.startswith("_") or not top.isascii() or not top.isidentifier():
        return None
    return canonical(_NAMES.get(top, top))


def is_known(name: str) -> bool:
    """Whether this is the name of a distribution that many use."""
    return canonical(name) in _POPULAR


def looks_like(name: str) -> str | None:
    """The known name that this one could be mistaken for; None where it is known itself, or like none."""
    name = canonical(name)
    if name in _POPULAR:
        return None
    plain = name.replace("-", "")
    for known in sorted(_POPULAR):
        bare = known.replace("-", "")
        if plain == bare or (len(bare) >= 4 and _is_one_slip(plain, bare)):
            return known
        if plain in {f"python{bare}", f"py{bare}", f"{bare}python", f"{bare}py", f"{bare}3", f"{bare}2"}:
            return known
    return None


def _is_one_slip(one: str, other: str) -> bool:
    """Whether one letter more, less, exchanged, or two neighbours swapped make one of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest_one, rest_other = one[start:], other[start:]
    if len(one) == len(other):
        swapped = rest_one[:2] == rest_other[1::-1] and rest_one[2:] == rest_other[2:]
        return rest_one[1:] == rest_other[1:] or swapped
    longer, shorter = sorted((rest_one, rest_other), key=len, reverse=True)
    return longer[1:] == shorter
