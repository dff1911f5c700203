import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkBasePath, mismatchOf, type Site } from '../lib/base-path.ts';
import { ROOT } from '../lib/emulator-setup.ts';

const { hosting }: { hosting: Site | Site[] } = JSON.parse(readFileSync(`${ROOT}/firebase.json`, 'utf8'));
/** firebase.json after `/api/` was replaced everywhere, as the guide says. */
const moved = JSON.parse(JSON.stringify(hosting).replaceAll('/api/', '/auth/'));
const api = { function: { functionId: 'api' } };

describe('BASE_PATH and firebase.json', () => {
  it('fit together as they are', () => {
    assert.equal(checkBasePath('demo-gatehouse'), '/api/v1');
  });

  it('fit together when /api/ is replaced everywhere in firebase.json', () => {
    assert.equal(mismatchOf(moved, '/auth/v1'), undefined);
    assert.match(mismatchOf(moved, '/api/v1') ?? '', /no rewrite passes \/api\/v1/);
  });

  it('do not when only the setting or only the rewrite changes', () => {
    assert.match(mismatchOf(hosting, '/auth/v1') ?? '', /^no rewrite passes \/auth\/v1\/\*\* on/);
    const headers = [hosting].flat().flatMap((site) => site.headers ?? []);
    const halfway = { headers, rewrites: [{ source: '/auth/**', ...api }] };
    assert.match(mismatchOf(halfway, '/auth/v1') ?? '', /headers of the page, for "!\/api\/\*\*", include/);
  });

  it('are compared by the first rewrite that matches, a pattern or a regular expression', () => {
    const page = { source: '**', destination: '/index.html' };
    const passed = { regex: '^/auth/', ...api };
    assert.equal(mismatchOf({ rewrites: [passed, page] }, '/auth/v1'), undefined);
    assert.match(mismatchOf([{ rewrites: [page, passed] }], '/auth/v1') ?? '', /no rewrite/);
    assert.equal(mismatchOf({}, '/auth/v1'), undefined, 'a project without Hosting rewrites');
  });
});
