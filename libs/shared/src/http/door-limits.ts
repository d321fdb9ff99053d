/** How long a client may take over the head of a request, and over a TLS handshake. */
export const SLOW_HEAD_MS = 20_000;
/** How long a connection without a request stays open; longer than the idle time of the usual proxies, so that they close first. */
export const IDLE_CONNECTION_MS = 75_000;
