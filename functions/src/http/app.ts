import { randomUUID } from 'node:crypto';
import { parse } from 'node:querystring';
import cors from 'cors';
import express, { type Express } from 'express';
import { AppError } from '../core/errors.ts';
import { checkUrl } from '../core/request.ts';
import type { CallDeps } from '../pipeline/call.ts';
import { enforceTransport } from '../pipeline/transport.ts';
import { secureResponse } from '../platform/security-headers.ts';
import { forwardToAuthEmulator } from './auth-emulator.ts';
import { readBody } from './body.ts';
import { oauthEndpoints, sendProblem } from './problem.ts';
import { addRoutes } from './router.ts';

/** The Express app. Every step a request takes, in order. */
export function createApp(deps: CallDeps): Express {
  // Hosting's rewrite passes the full path; whoever calls the function itself needs no setting to find it.
  const mounts = [...new Set(['/v1', deps.config.basePath])];
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  // Express's own parsers ignore everything after 1000 parameters.
  app.set('query parser', (query: string) => parse(query, '&', '=', { maxKeys: 0 }));

  const options = {
    origin: true, // `enforceTransport` has refused every other origin
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      ...['Authorization', 'Content-Type', 'If-Match', 'X-CSRF-Token', 'X-Firebase-AppCheck'],
      ...deps.config.allowedHeaders,
    ],
    exposedHeaders: [
      ...['Allow', 'ETag', 'Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After'],
      ...['WWW-Authenticate', 'X-Request-Id'],
    ],
    maxAge: 600,
  };
  const allowOrigin = cors(({ headers }, callback) =>
    callback(null, { ...options, credentials: headers.origin !== undefined }),
  );
  const isOAuth = oauthEndpoints(deps.operations, mounts);
  const passBody = readBody(isOAuth);
  if (deps.config.authEmulator !== undefined) forwardToAuthEmulator(app, deps.config.authEmulator);
  // One layer, because each costs every request.
  app.use((req, res, next) => {
    // Never the caller's own id: it names log lines.
    const requestId = randomUUID();
    res.locals.requestId = requestId;
    secureResponse(res, { requestId, config: deps.config });
    enforceTransport(deps, req, requestId, { check: () => checkUrl(req.url) });
    res.locals.passedTransport = true;
    if (req.headers.origin === undefined && req.method !== 'OPTIONS') passBody(req, res, next);
    else allowOrigin(req, res, (error?: unknown) => (error ? next(error) : passBody(req, res, next)));
  });
  // Browsers ask the domain of the passkeys (https://www.w3.org/TR/webauthn-3/#sctn-related-origins).
  app.get('/.well-known/webauthn', (_req, res) => {
    res.json({ origins: deps.config.passkeys.relatedOrigins });
  });
  addRoutes(app, deps, mounts);
  app.use(() => {
    throw new AppError('not_found', 'There is no such path.');
  });
  app.use(sendProblem(deps, isOAuth));
  return app;
}
