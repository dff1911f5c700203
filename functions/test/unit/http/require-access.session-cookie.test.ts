import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import * as z from 'zod';
import { csrfTokenOf } from '../../../src/authn/session-cookie/csrf.ts';
import { invalidToken } from '../../../src/core/errors.ts';
import { createProtection } from '../../../src/protection.ts';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import { HTTPS, sendRaw } from '../../helpers/responses.ts';
import {
  cookieValue,
  openSessionPort,
  readSessionOf,
  type SessionPort,
  sessionOf,
  withSessions,
} from '../../helpers/session-port.ts';

const session = sessionOf(Math.floor(Date.now() / 1000), {
  subject: 'support',
  directoryId: 'support',
  uid: 'support',
});
const COOKIE = ['Cookie', `__session=${cookieValue('a')}`] as const;
const CSRF = ['X-CSRF-Token', csrfTokenOf(session)] as const;
const PAGE = ['Origin', ORIGIN] as const;
const EVIL = ['Origin', 'https://evil.example'] as const;
type Lines = readonly (readonly [name: string, value: string])[];

describe("session cookie on an adopter's own endpoints", () => {
  let api: Api;
  let port: SessionPort;
  /** Who the handlers saw. */
  let seen: (string | undefined)[];
  async function open(env: Record<string, string> = {}) {
    port = openSessionPort();
    port.put('a', readSessionOf(session, { grants: [{ role: 'support' }] }));
    seen = [];
    api = await openApi({
      env,
      serve(wired) {
        const deps = withSessions(wired, port);
        const { guard, verifySession, callable } = createProtection(() => deps);
        const orders = guard(
          'users:read',
          (req, res) => {
            seen.push(req.principal?.uid);
            res.end('order');
          },
          { allowShadow: true },
        );
        const show = frameworkServer(
          callable({
            access: 'users:read',
            allowShadow: true,
            input: z.strictObject({}),
            output: null,
            run: (_input, { principal }) => void seen.push(principal.uid),
          }),
        );
        return createServer(async (req, res) => {
          if (req.url === '/orders') return orders(req, res);
          if (req.url === '/show') return show.emit('request', req, res);
          res.end((await verifySession(req))?.uid ?? 'anonymous');
        });
      },
    });
  }
  afterEach(() => api.close());

  const send = (method: string, path: string, headers: Lines, body?: string) =>
    sendRaw(api.port, {
      ...{ method, path, headers: [HTTPS, ...headers, ...(body ? jsonHeaders(body) : [])] },
      ...(body !== undefined && { body }),
    });
  const jsonHeaders = (body: string): Lines => [
    ['Content-Type', 'application/json'],
    ['Content-Length', String(body.length)],
  ];

  it('authenticates reads, and changes with the CSRF token of an allowed page', async () => {
    await open();
    assert.equal((await send('GET', '/orders', [COOKIE])).status, 200);
    assert.equal((await send('POST', '/orders', [COOKIE, PAGE, CSRF])).status, 200);
    for (const headers of [[], [CSRF], [PAGE], [EVIL, CSRF]]) {
      const { status, text } = await send('DELETE', '/orders', [COOKIE, ...headers]);
      assert.deepEqual([status, JSON.parse(text).code], [403, 'csrf_failed']);
    }
    assert.deepEqual(seen, ['support', 'support']);
  });

  it('adds the rotated cookie to those that the handler sets', async () => {
    await open();
    port.renewal = () => ({
      ...readSessionOf(session, { grants: [{ role: 'support' }] }),
      value: cookieValue('b'),
    });
    const { headers } = await send('GET', '/orders', [COOKIE]);
    assert.match(String(headers['set-cookie']), /^__session=gs1_/);
  });

  it('verifies the cookie of a page that a server renders, without a rotation', async () => {
    await open();
    port.renewal = () => readSessionOf(session);
    const { text, headers } = await send('GET', '/page', [COOKIE]);
    assert.deepEqual([text, headers['set-cookie']], ['support', undefined]);
    assert.deepEqual(
      port.renewals.map(({ canRotate }) => canRotate),
      [false],
    );
    assert.equal(
      (await send('GET', '/page', [['Cookie', `__session=${cookieValue('x')}`]])).text,
      'anonymous',
    );
  });

  it('does not believe a forged request in shadow mode: it goes on as anonymous', async () => {
    await open({ ENFORCEMENT: 'shadow' });
    assert.equal((await send('POST', '/orders', [COOKIE, EVIL])).status, 200);
    const answer = await send('POST', '/show', [COOKIE, EVIL], '{"data":{}}');
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['access-control-allow-credentials'], undefined);
    assert.deepEqual(seen, [undefined, undefined]);
    assert.deepEqual(
      api.lines.filter(({ kind }) => kind === 'decision').map(({ reason }) => reason),
      ['csrf-origin', 'csrf-origin'],
    );
  });

  it('does not believe an ended session in shadow mode, if only the renewal shows the end', async () => {
    await open({ ENFORCEMENT: 'shadow' });
    port.renewal = () => {
      throw invalidToken('account-deleted');
    };
    assert.equal((await send('GET', '/orders', [COOKIE])).status, 200);
    assert.deepEqual(seen, [undefined]);
  });
});
