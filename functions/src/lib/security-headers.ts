import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/** An API serves no page: nothing may load, frame or sniff what it answers. */
const applyHelmet = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
  strictTransportSecurity: { maxAge: 365 * 24 * 60 * 60, includeSubDomains: true },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
  // These speak to pages and plugins; an answer that is neither does without, and every request pays for each.
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xPoweredBy: false,
  xXssProtection: false,
});

/** The headers that every response carries. They depend on nothing, so helmet is asked once. */
const HEADERS: readonly (readonly [name: string, value: string])[] = (() => {
  const headers: [string, string][] = [];
  const response = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  };
  // All of a request and a response that helmet looks at.
  applyHelmet({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return [
    ...headers,
    // Hosting's CDN keeps a function's 404 for ten minutes unless told otherwise, and shares what is not private.
    ['Cache-Control', 'private, no-store'],
    ['Vary', 'Origin'],
  ];
})();

/** Sets the headers that every response carries, refusals included. */
export function setSecurityHeaders(res: ServerResponse): void {
  for (const [name, value] of HEADERS) res.setHeader(name, value);
}
