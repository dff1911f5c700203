import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { DAY } from '../core/time.ts';

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
  strictTransportSecurity: { maxAge: 365 * DAY, includeSubDomains: true },
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

/** What every response carries. It depends on nothing, so helmet computes it once. */
const HEADERS: ReadonlyMap<string, string> = (() => {
  const headers = new Map<string, string>();
  const response = {
    setHeader: (name: string, value: string) => headers.set(name, value),
    removeHeader: () => undefined,
  };
  // helmet uses no other member of a request or a response.
  applyHelmet({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  // Without it Hosting's CDN keeps a 404 of a function for ten minutes.
  return headers.set('Cache-Control', 'private, no-store').set('Vary', 'Origin');
})();

/** Sets the headers of every response, refusals included. */
export function secureResponse(res: ServerResponse, requestId?: string): void {
  for (const [name, value] of HEADERS) res.setHeader(name, value);
  if (requestId !== undefined) res.setHeader('X-Request-Id', requestId);
}
