import assert from 'node:assert/strict';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { startTestFirestore } from '../helpers/firestore.ts';
import { openHostingProxy } from '../helpers/hosting-proxy.ts';
import { openBrowser, type SessionBrowser } from '../helpers/session-browser.ts';
import { openAuthServer, syncedAccount } from './auth-server.ts';
import { connectBackends } from './backends.ts';
import { startInstance } from './framework-instance.ts';
import { seed } from './seed.ts';

interface Options {
  readonly project: string;
  /** Maximum age of the revocation feed, in seconds. */
  readonly maxAge: number;
  readonly entries: readonly DirectoryEntry[];
}

/** Two processes of `api` on one Firestore and one Firebase Auth, each behind Hosting. */
export async function openHostedProcesses({ project, maxAge, entries }: Options) {
  const [firestore, auth] = await Promise.all([startTestFirestore({}), openAuthServer()]);
  for (const entry of entries) auth.accounts.set(entry.uid, syncedAccount(entry));
  const backends = connectBackends({
    ...{ firestore: firestore.host, database: project, auth: auth.port, project },
  });
  await seed(backends.db, entries);
  await backends.close();
  const settings = { firestore: firestore.host, auth: auth.port, project, maxAge };
  const instances = await Promise.all([startInstance(settings), startInstance(settings)]);
  const proxies = await Promise.all(
    instances.map(({ port }) => openHostingProxy(`http://127.0.0.1:${port}`)),
  );

  return {
    /** A browser at the Hosting of one process. @param of takes the cookies of another one */
    browserAt(process: number, of?: SessionBrowser): SessionBrowser {
      const { origin } = proxies[process] ?? assert.fail();
      const { cookie, csrfToken } = of ?? {};
      return Object.assign(openBrowser(`${origin}/api/v1`, origin), { cookie, csrfToken });
    },
    async close(): Promise<void> {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await Promise.all(instances.map((instance) => instance.stop()));
      await Promise.all([firestore.stop(), auth.close()]);
    },
  };
}

export type HostedProcesses = Awaited<ReturnType<typeof openHostedProcesses>>;
