import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The manifest of a package, as in its `package.json`. */
interface Manifest {
  readonly name: string;
  readonly version: string;
}

/**
 * An npm registry on loopback with one package. Requests for other packages go to the registry that npm is configured with.
 *
 * @returns its URL, and a function that stops it
 */
export async function startRegistry(manifest: Manifest, tarball: Buffer, upstream: string) {
  const server = createServer((req, res) => {
    const path = decodeURIComponent(req.url ?? '');
    if (path === '/package.tgz') return res.end(tarball);
    if (path !== `/${manifest.name}`)
      return res.writeHead(307, { Location: new URL(path, upstream).href }).end();
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const dist = { tarball: `${url}/package.tgz`, integrity };
    const versions = { [manifest.version]: { ...manifest, _hasShrinkwrap: true, dist } };
    res.setHeader('Content-Type', 'application/json');
    return res.end(
      JSON.stringify({ name: manifest.name, 'dist-tags': { latest: manifest.version }, versions }),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, stop: () => server.close() };
}
