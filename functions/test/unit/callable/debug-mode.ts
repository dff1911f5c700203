import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { initializeApp } from 'firebase-admin/app';
import { onCall } from 'firebase-functions/https';
import { loadConfig } from '../../../src/config.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import { idTokenClaims, PROJECT } from '../../helpers/google.ts';
import { openInstance } from '../../helpers/open-instance.ts';
import { createCallables } from '../../helpers/operations.ts';

/**
 * A separate process with the SDK's debug variables, which the SDK reads when it is loaded. It skips our refusal to start
 * with them, to test the next check, and sends one unsigned token to a plain callable and to ours.
 */
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = idTokenClaims({ sub: 'owner', user_id: 'owner', uid: 'owner', roles: ['owner'] });
const token = `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;

const app = initializeApp({ projectId: PROJECT });
const deps = openInstance(loadConfig({ GCLOUD_PROJECT: PROJECT }), { app });
const plain = onCall((request) => request.auth?.uid ?? null);
const getMyAccess = createCallables(() => deps).get('getMyAccess');

console.log(JSON.stringify({ sdk: await call(plain), ours: await call(getMyAccess) }));

async function call(fn: unknown): Promise<unknown> {
  const server = frameworkServer(fn).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      'X-Forwarded-Proto': 'https',
    },
    body: '{"data":null}',
  });
  const answer = await response.json();
  server.closeAllConnections();
  server.close();
  return answer;
}
