import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../src/http/app.ts';
import type { TestInstance } from './open-instance.ts';
import { openBrowser, type SessionBrowser } from './session-browser.ts';

export interface InstanceServer {
  /** A new browser without cookies. @param cookie the value of one that it has */
  browser(cookie?: string): SessionBrowser;
  close(): Promise<void>;
}

/** Serves the HTTP API of an instance on loopback. */
export async function serveInstance(instance: TestInstance): Promise<InstanceServer> {
  const server = createServer(createApp(instance));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    browser: (cookie) => Object.assign(openBrowser(url), { cookie }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
