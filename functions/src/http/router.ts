import { pipeline } from 'node:stream/promises';
import type { Express, RequestHandler, Response } from 'express';
import { csrfCheckFor } from '../authn/session-cookie/csrf.ts';
import { AppError } from '../core/errors.ts';
import { credentialHeaders, headerLines } from '../core/request.ts';
import { requestLabels } from '../core/request-labels.ts';
import { allowCall, type Call, type CallDeps, runCall, streamCall } from '../pipeline/call.ts';
import { openCallLine } from '../pipeline/call-line.ts';
import { type BoundOperation, pathTemplate } from '../pipeline/operation.ts';
import { httpInput } from './input.ts';

const NDJSON = 'application/x-ndjson';

/** Serves each operation below every mount. Without Express routers: they would cost each request more than the routes do. */
export function addRoutes(app: Express, deps: CallDeps, mounts: readonly string[]): void {
  const mounted = (path: string) => mounts.map((mount) => mount + path);
  for (const bound of deps.operations) {
    const { method, path } = bound.operation.http;
    app[method](mounted(path), serve(bound, deps));
  }
  const bindings = Map.groupBy(
    deps.operations.map(({ operation }) => operation.http),
    ({ path }) => path,
  );
  for (const [path, ofPath] of bindings) {
    const methods = ofPath.map(({ method }) => method.toUpperCase());
    const allow = methods.includes('GET') ? ['HEAD', ...methods] : methods;
    app.route(mounted(path)).all(() => {
      throw new AppError('method_not_allowed', `Use ${methods.join(' or ')}.`, { allow });
    });
  }
}

function serve(bound: BoundOperation, deps: CallDeps): RequestHandler {
  const { output, etag, stream, created, http } = bound.operation;
  const { config } = deps;
  const { read, locate } = httpInput(bound.operation);
  // The same for every mount: one route is one value in the log.
  const route = `/v1${pathTemplate(bound.operation)}`;
  return async (req, res) => {
    const { requestId } = res.locals;
    const labels = requestLabels(req, config.projectId);
    const line = openCallLine(deps.log, { requestId, labels, method: req.method, route });
    res.locals.line = line;
    const headers = credentialHeaders(config, (name) => headerLines(req, name));
    const call: Call = {
      request: { headers },
      requestId,
      decided: line.decided,
      csrf: csrfCheckFor(req.method),
      setCookie: (header) => res.append('Set-Cookie', header),
      readInput: () => read(req),
      locate,
    };
    const allowed = await allowCall(deps, bound, call);
    if (stream) {
      res.type(NDJSON);
      const begin = () => line.answered(200);
      if (req.method !== 'HEAD') return sendLines(res, streamCall(bound, call, allowed), begin);
      begin();
      // It has no body.
      res.end();
      return;
    }
    const answer = await runCall(bound, call, allowed).catch((error) => {
      throw req.headers['if-match'] === undefined ? error : toPreconditionError(error);
    });
    if (output === null) {
      line.answered(204);
      res.status(204).end();
      return;
    }
    // Express answers 304 to a client that has this version (RFC 9110 §13.1.2).
    if (etag !== undefined) res.set('ETag', etag(answer));
    if (created !== undefined && !created.existed?.(answer)) {
      // Relative to the URL of the request: only the client knows its path before the mount.
      const collection = http.path.slice(http.path.lastIndexOf('/') + 1);
      res
        .status(201)
        .set('Location', `${collection}/${encodeURIComponent(created.id(answer, allowed.input))}`);
    }
    line.answered(etag !== undefined && req.fresh ? 304 : res.statusCode);
    res.json(answer);
  };
}

/** For a request with `If-Match` another version is a failed precondition (RFC 9110 §13.1.1). */
function toPreconditionError(error: unknown): unknown {
  const isMismatch = error instanceof AppError && error.code === 'version_mismatch';
  return isMismatch ? new AppError('precondition_failed', error.message, { cause: error }) : error;
}

/** Sends one JSON text per line, as fast as the client reads. @param begin called before the first byte */
async function sendLines(res: Response, lines: AsyncGenerator, begin: () => void): Promise<void> {
  // Reads the first item before it sends headers: a failure there is still answered as problem+json.
  let next = await lines.next();
  begin();
  async function* text() {
    try {
      for (; !next.done; next = await lines.next()) yield `${JSON.stringify(next.value)}\n`;
    } finally {
      await lines.return(undefined);
    }
  }
  try {
    await pipeline(text(), res);
  } catch (error) {
    // The client has closed the connection: nothing failed.
    const isStreamError =
      error instanceof Error && 'code' in error && /^ERR_STREAM_/.test(String(error.code));
    if (!(isStreamError && res.closed)) throw error;
  }
}
