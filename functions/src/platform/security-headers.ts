import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import type { Config } from '../config.ts';
import { DAY } from '../core/time.ts';

/** The API serves no pages: browsers must not load, frame or sniff its responses. */
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
  // Without `includeSubDomains`: on a custom domain it would bind every host below that domain.
  strictTransportSecurity: { maxAge: 365 * DAY, includeSubDomains: false },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
  // No page of another origin can embed a response. A request with CORS is not concerned.
  crossOriginResourcePolicy: { policy: 'same-origin' },
  // For pages and plugins only.
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xPoweredBy: false,
  xXssProtection: false,
});

/** The headers of every response. They are always the same, so helmet computes them once. */
const HEADERS: ReadonlyMap<string, string> = (() => {
  const headers = new Map<string, string>();
  const response = {
    setHeader: (name: string, value: string) => headers.set(name, value),
    removeHeader: () => undefined,
  };
  // helmet uses no other member of the two.
  applyHelmet({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  // Without `Cache-Control` Hosting's CDN caches a 404 of a function for ten minutes.
  return headers.set('Cache-Control', 'private, no-store').set('Vary', 'Origin');
})();

const HSTS = 'Strict-Transport-Security';

interface ResponseFacts {
  readonly requestId: string;
  readonly config: Pick<Config, 'hstsIncludeSubDomains'>;
}

/** Sets the headers of every response, refusals included. @param facts unknown before a function is called */
export function secureResponse(res: ServerResponse, facts?: ResponseFacts): void {
  for (const [name, value] of HEADERS) res.setHeader(name, value);
  if (facts === undefined) return;
  res.setHeader('X-Request-Id', facts.requestId);
  if (facts.config.hstsIncludeSubDomains) res.setHeader(HSTS, `${HEADERS.get(HSTS)}; includeSubDomains`);
}
