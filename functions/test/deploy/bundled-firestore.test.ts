import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createSecureServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildOnce } from '../helpers/framework.ts';
import { PROJECT } from '../helpers/google.ts';
import { createSelfSigned } from '../helpers/self-signed.ts';

const LIB = fileURLToPath(new URL('../../lib/', import.meta.url));

const SCRIPT = `
  const [lib, firestore, host] = process.argv.slice(1);
  const { initializeApp } = await import(lib + 'firebase-admin/app.js');
  const { getFirestore } = await import(lib + firestore);
  const db = getFirestore(initializeApp({ projectId: '${PROJECT}' }));
  db.settings({ host, ssl: true });
  await db.collection('notes').limit(1).get().catch(({ code }) => console.log(code));
  process.exit();`;

async function listen<S extends Server>(server: S): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The emulator tests run the same code, but without TLS and credentials. */
describe('Firestore’s SDK in the bundle, as in production', function () {
  this.timeout(60_000);

  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-firestore-'));
  const { key, cert } = createSelfSigned();
  const calls: IncomingHttpHeaders[] = [];
  const google = createSecureServer({ key, cert });
  const metadata = createServer((req, res) => {
    res.writeHead(200, { 'Metadata-Flavor': 'Google', 'Content-Type': 'application/json' });
    const token = { access_token: 'of-the-machine', expires_in: 3600, token_type: 'Bearer' };
    res.end(req.url?.includes('/token') ? JSON.stringify(token) : '');
  });

  before(buildOnce);

  after(() => {
    google.close();
    metadata.close();
    rmSync(folder, { recursive: true });
  });

  it('uses gRPC over TLS, with the token of the machine’s service account', async () => {
    google.on('stream', (stream, headers) => {
      calls.push(headers);
      // PERMISSION_DENIED
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '7' },
        { endStream: true },
      );
    });
    const [firestore = assert.fail()] = globSync('firestore-*.js', { cwd: LIB });
    const roots = join(folder, 'roots.pem');
    writeFileSync(roots, cert);
    const args = [
      '--no-deprecation',
      '--input-type=module',
      '-e',
      SCRIPT,
      LIB,
      firestore,
      await listen(google),
    ];
    const env = {
      GCE_METADATA_HOST: await listen(metadata),
      METADATA_SERVER_DETECTION: 'assume-present',
      GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: roots,
    };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    assert.equal(stdout.trim(), '7');
    const [{ ':path': path, authorization } = {}] = calls;
    assert.deepEqual(
      [path, authorization],
      ['/google.firestore.v1.Firestore/RunQuery', 'Bearer of-the-machine'],
    );
  });
});
