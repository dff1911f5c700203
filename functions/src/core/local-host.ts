/**
 * Pattern of the hosts of this machine. Browsers resolve `localhost` and every name below it to loopback (RFC 6761 §6.3).
 */
export const LOCAL_HOST = String.raw`(([a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])`;
