"""What the api function answers: a module per resource, each with its ``ROUTES``.

A pattern is the path behind ``/v1/``: ``{id}`` stands for one segment, ``{name}`` for all that follow. The
module is loaded when one of its paths is asked for, so a start pays for no other.
"""

# What the stream function serves.
LIVE = {
    "jobs/{id}/events": "events",
    "images/generations": "images",
    "images/edits": "images",
    "audio/speech": "speech",
    "chat/completions": "chat",
    "embeddings": "chat",
    "responses": "responses",
    "audio/transcriptions": "transcription",
    "audio/translations": "transcription",
}
PATHS = {
    pattern: module
    for module, patterns in {
        "about": ("/health", "/openapi.json", "health/providers"),
        "account": (
            "/upload-asset",
            "/inference-request/request-history",
            "/inference-request/request-history/{id}",
            "/inference-request/generations",
            "/inference-request/recent-generations",
            "/inference-model-information/list",
            "/api/auth/authenticate",
            "get-user-credits",
        ),
        "batches": ("batches", "batches/{id}"),
        "callbacks": ("callbacks/{id}",),
        "destinations": ("admin/destinations", "admin/destinations/{id}", "admin/destinations/{name}/verify"),
        "files": ("files/{id}",),
        "hooks": (
            "/webhook/get",
            "/webhook/add",
            "/webhook/update",
            "/webhook/inactive",
            "/webhook/dispatch-logs",
        ),
        "jobs": ("jobs", "jobs/{id}"),
        "models": ("models", "models/{name}"),
        "pixelflows": ("/workflows/request/{id}", "/workflows/{name}", "/finetune/request/{name}"),
        "replay": ("jobs/{id}/replay",),
        "segmind": ("/v2/{name}", "/v2/requests/{id}/status", "/v2/requests/{id}", "requests/{id}"),
        "uploads": ("uploads",),
        "videos": ("videos", "videos/{id}", "videos/{id}/content"),
        "webhooks": (
            "webhook-secret",
            "admin/webhooks",
            "admin/webhooks/{id}",
            "admin/webhooks/{id}/rotate",
            "admin/webhooks/{id}/deliveries",
            "jobs/{id}/deliveries",
            "jobs/{id}/redeliver",
        ),
    }.items()
    for pattern in patterns
}
