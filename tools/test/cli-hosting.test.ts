import assert from 'node:assert/strict';
import { requireFromCli } from '../cli/firebase-tools.ts';
import { serveHostingWithoutSite } from '../cli/hosting.ts';

interface Rc {
  requireTarget(project: string, type: string, name: string): string[];
}
const { RC }: { RC: new (path: undefined, data: object) => Rc } = requireFromCli('./lib/rc.js');

describe('the Hosting target in the emulators', () => {
  const targets = { shop: { hosting: { gatehouse: ['shop-console'] } } };
  const rc = new RC(undefined, { projects: {}, targets });

  before(serveHostingWithoutSite);

  it('needs no site of the project', () => {
    assert.deepEqual(rc.requireTarget('demo-other', 'hosting', 'gatehouse'), ['gatehouse']);
    assert.deepEqual(rc.requireTarget('shop', 'hosting', 'gatehouse'), ['shop-console']);
  });

  it('is the only target that may be missing', () => {
    assert.throws(() => rc.requireTarget('shop', 'storage', 'files'), /not configured for project/);
  });
});
