import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isExactArn, policyFor } from '../src/policy.ts';
import { mayInvoke } from './helpers/api-gateway.ts';
import { arnOf } from './helpers/events.ts';

const isExact = (path: string) => isExactArn(arnOf('GET', path), path);

describe('policy', () => {
  it('has one statement with one ARN', () => {
    const arn = arnOf('GET', '/notes/1');
    for (const effect of ['Allow', 'Deny'] as const) {
      assert.deepEqual(policyFor(effect, arn), {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: arn }],
      });
    }
  });

  it('matches no other path, method, stage or API', () => {
    const policy = policyFor('Allow', arnOf('GET', '/notes/1'));
    assert.ok(mayInvoke(policy, arnOf('GET', '/notes/1')));
    for (const path of [
      '/notes',
      '/notes/',
      '/notes/1/',
      '/notes/12',
      '/notes/1/x',
      '/Notes/1',
      '/notes/%31',
    ])
      assert.ok(!mayInvoke(policy, arnOf('GET', path)), path);
    assert.ok(!mayInvoke(policy, arnOf('DELETE', '/notes/1')));
    assert.ok(!mayInvoke(policy, arnOf('GET', '/notes/1').replace('/test/', '/prod/')));
    assert.ok(!mayInvoke(policy, arnOf('GET', '/notes/1').replace('abcdef123', 'abcdef124')));
  });
});

describe('exact ARN', () => {
  for (const path of [
    ...['/*', '/notes/*', '/notes/a*b', '/?????', '/notes/1?'],
    ...['/notes/$', '/notes/$1', '/notes/$' + '{aws:username}', '/notes/$' + '{*}'],
    ...['/notes/%2A', '/notes/%2a', '/notes/%3F', '/notes/%3f', '/notes/%24', '/notes/%252A'],
    ...['/notes/%61', '/notes/%2e%2e', '/notes%2F1', '/notes/%5C', '/notes/%7E', '/notes/%00', '/notes/\t'],
  ]) {
    it(`is not one with the path ${JSON.stringify(path)}`, () => assert.equal(isExact(path), false));
  }

  for (const path of [
    ...['/', '/notes', '/notes/1', '/notes//1', '/notes/./1', '/notes/..'],
    ...['/notes/a b', '/notes/a%20b', '/notes/caf%C3%A9', '/notes/café', '/notes/a+b,c;d=e:f@g!(h)'],
  ]) {
    it(`is one with the path ${path}, which matches only itself`, () => {
      assert.equal(isExact(path), true);
      const policy = policyFor('Allow', arnOf('GET', path));
      assert.ok(mayInvoke(policy, arnOf('GET', path)));
      assert.ok(!mayInvoke(policy, arnOf('GET', `${path}x`)));
      const decoded = decodeURIComponent(path);
      assert.equal(mayInvoke(policy, arnOf('GET', decoded)), decoded === path);
    });
  }

  it('has at most 512 characters, the limit of API Gateway', () => {
    const path = `/${'x'.repeat(512 - arnOf('GET', '/').length)}`;
    assert.equal(isExact(path), true);
    assert.equal(isExact(`${path}x`), false);
  });

  it('matches only itself, whatever the path is', () => {
    const segment = fc.oneof(fc.string({ unit: fc.constantFrom(...'*?$%{}a2AF/ .') }), fc.string());
    const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
    let exact = 0;
    fc.assert(
      fc.property(path, path, (allowed, requested) => {
        if (!isExact(allowed)) return;
        exact += 1;
        const policy = policyFor('Allow', arnOf('GET', allowed));
        assert.ok(mayInvoke(policy, arnOf('GET', allowed)));
        assert.equal(mayInvoke(policy, arnOf('GET', requested)), requested === allowed);
      }),
      { numRuns: 3_000 },
    );
    assert.ok(exact > 100, `${exact} exact ARNs`);
  });
});
