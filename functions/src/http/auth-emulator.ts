import type { Express, Request } from 'express';
import { restoreContentType } from '../core/request.ts';

const PATHS = ['/identitytoolkit.googleapis.com', '/securetoken.googleapis.com'];

/**
 * Passes the page's requests to Firebase Auth on to the Auth emulator. `firebase.json` has one Content-Security-Policy for
 * deployments and emulators, without a loopback address: in the emulator, the page reaches Firebase Auth on its own origin.
 *
 * @param host of the Auth emulator, with its port
 */
export function forwardToAuthEmulator(app: Express, host: string): void {
  app.use(PATHS, async (req: Request & { rawBody?: Buffer }, res) => {
    restoreContentType(req);
    const { method, originalUrl, headers, rawBody } = req;
    const answer = await fetch(`http://${host}${originalUrl}`, {
      method,
      headers: { 'Content-Type': headers['content-type'] ?? 'application/json' },
      ...(rawBody?.length && { body: rawBody }),
    });
    res.status(answer.status).type(answer.headers.get('content-type') ?? 'application/json');
    res.send(Buffer.from(await answer.arrayBuffer()));
  });
}
