"""One settings file, read from the environment; it refuses to start when unsure.

Every variable is named in .env.example. A refusal is one line that says what to set.
"""

from pathlib import Path

import environ
from cryptography.fernet import Fernet, MultiFernet
from django.core.exceptions import ImproperlyConfigured

env = environ.FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent


def _required(name: str, hint: str) -> str:
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {hint}")
    return value


# --- who may reach it -------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
SECRET_KEY = _required("SECRET_KEY", "set it to 50 or more random characters and keep it secret")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is too short: set 50 or more random characters")
_PRIVATE_HOSTS = {"127.0.0.1", "localhost", "[::1]", "testserver"}
if DEBUG and not set(ALLOWED_HOSTS) <= _PRIVATE_HOSTS:
    raise ImproperlyConfigured(
        "DEBUG is on while ALLOWED_HOSTS names a public host: unset DEBUG, it shows secrets to visitors"
    )
CSRF_TRUSTED_ORIGINS = [SITE_URL]
HTTPS = SITE_URL.startswith("https://")
if not HTTPS and not set(ALLOWED_HOSTS) <= _PRIVATE_HOSTS:
    raise ImproperlyConfigured("SITE_URL must start with https:// when ALLOWED_HOSTS names a public host")
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = True
    # The container's own health check speaks plain HTTP on loopback.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- keys -------------------------------------------------------------------------------
# Changing GIVER_KEY makes every unnamed giver look new: it is set once and backed up.
GIVER_KEY = _required(
    "GIVER_KEY", "set it once to 50 random characters; it hides the ids of anonymous givers"
)
if len(GIVER_KEY) < 20:
    raise ImproperlyConfigured("GIVER_KEY is too short: set it once to 50 random characters")
# The first key encrypts provider tokens, the others still decrypt: rotate by putting a new one in front.
TOKEN_KEYS = env.list("TOKEN_KEYS", default=[])
if not TOKEN_KEYS:
    raise ImproperlyConfigured(
        "TOKEN_KEYS is not set: put in one or more Fernet keys, newest first "
        "(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')"
    )
try:
    MultiFernet([Fernet(key) for key in TOKEN_KEYS])
except ValueError:
    raise ImproperlyConfigured(
        "TOKEN_KEYS has a key that is no Fernet key: each is 32 random bytes in URL-safe base64"
    ) from None

# --- what it runs on ----------------------------------------------------------------------
if not env.str("DATABASE_URL", default=""):
    raise ImproperlyConfigured("DATABASE_URL is not set: postgres://user:password@host/name")
DATABASES = {"default": env.db_url("DATABASE_URL")}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name a PostgreSQL database: postgres://user:password@host/name"
    )
DATABASES["default"].setdefault("OPTIONS", {})
# The pool hides connection errors behind a 30 s wait, so only the web server asks for it.
if env.bool("DB_POOL", default=False):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8, "timeout": 5}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
# Without Redis, Celery's messages and copies of pages are files in this folder: enough for one machine.
BROKER_DIR = env.str("BROKER_DIR", default="")
_REDIS: dict[str, object] = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": REDIS_URL,
}
CACHES: dict[str, dict[str, object]] = {
    # Guesses at passwords are counted here, so all processes share it. It drops what it has in the order of its
    # keys once it is full: nobody must be able to fill it within the minutes that a count lasts.
    "default": _REDIS
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "fundtracker_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Copies of public pages, for when the database is away: never in it. All processes share them, so that an erasure
    # in one reaches what the others would serve.
    "pages": _REDIS
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": f"{BROKER_DIR}/pages",
        "OPTIONS": {"MAX_ENTRIES": 2_048},
    },
}
if not REDIS_URL and not BROKER_DIR:
    raise ImproperlyConfigured("Neither REDIS_URL nor BROKER_DIR is set: Celery needs one of them")

# --- fetching -----------------------------------------------------------------------------
# host:port pairs that may be reached although they are not public addresses (the sandbox, tests).
FETCH_ALLOW = env.list("FETCH_ALLOW", default=[])
FETCH_PROXIES = env.bool("FETCH_PROXIES", default=False)
LEASE_SECONDS = env.int("LEASE_SECONDS", default=120)
# Where reference rates are fetched. Anything but the ECB's own host is booked as "sandbox" rates.
RATES_URL = env.str("RATES_URL", default="https://www.ecb.europa.eu/stats/eurofxref")
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "media"))
# Uploads are read row by row, never whole.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# A year of a large foundation's donations is about 20 MB of CSV.
UPLOAD_MOST_BYTES = 64 * 1024 * 1024

# Uploaded files hold more of people than the ledger keeps: booked ones are deleted after so many days. 0 keeps them,
# so that nobody loses a file whom nobody asked.
FILES_KEPT_DAYS = env.int("FILES_KEPT_DAYS", default=0)

# --- the site -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "fundtracker",
    "funders",
    "projects",
    "campaigns",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "pghistory",
    "pgtrigger",
    "template_partials",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "fundtracker.middleware.UploadLimit",
    "fundtracker.middleware.PublicPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "fundtracker.history.Middleware",
    "fundtracker.access.DefaultDeny",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "fundtracker.urls"
WSGI_APPLICATION = "fundtracker.wsgi.application"
AUTH_USER_MODEL = "fundtracker.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# --- signing in -----------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "fundtracker.accounts.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Strangers get no letter: it would ask them to sign up, and whoever typed their address could have many sent.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "staff:today"
USERSESSIONS_TRACK_ACTIVITY = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "fundtracker"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
# How many proxies of one's own stand in front, so that nobody can invent the address that rate limits count.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXIES", default=0)
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=True)
if not MFA_REQUIRED and not set(ALLOWED_HOSTS) <= _PRIVATE_HOSTS:
    raise ImproperlyConfigured("MFA_REQUIRED is off while ALLOWED_HOSTS names a public host: unset it")
# OpenID Connect, for an organisation that has one sign-in for everything: its address switches it on.
SOCIALACCOUNT_ADAPTER = "fundtracker.accounts.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
SOCIALACCOUNT_PROVIDERS: dict[str, object] = {"openid_connect": {"APPS": []}}
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "organisation",
                "name": env.str("OIDC_NAME", default="your organisation"),
                "client_id": _required("OIDC_CLIENT_ID", "OIDC_ISSUER needs it"),
                "secret": _required("OIDC_CLIENT_SECRET", "OIDC_ISSUER needs it"),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
    }
# Browsers hold the form that leads there to form-action, redirections included.
_OIDC_ORIGIN = ["/".join(OIDC_ISSUER.split("/")[:3])] if OIDC_ISSUER else []

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fundtracker.menu.roles",
            ]
        },
    }
]
# Our own order of a field's parts: templates/django/forms/field.html.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str(
            "STATIC_BACKEND", default="whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "fundtracker" / "locale"]
# The server's clock is UTC; the books' own time zone is on Site, and value dates use that one.
TIME_ZONE = "UTC"
USE_TZ = True

# No unsafe-*: the hash is that of the empty style element that Plotly adds to the page.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'", *_OIDC_ORIGIN],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
# Seconds for each step that a mail server takes; without it one that is silent would hold a worker for ever.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="fundtracker@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
