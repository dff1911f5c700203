import assert from 'node:assert/strict';
import { structuredLog } from '../../../src/platform/logging/log.ts';
import { type Api, accountOf, openApi } from '../../helpers/api.ts';
import { logOf } from '../../helpers/capture.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { assertProblem, fieldsOf } from '../../helpers/responses.ts';

const HIDDEN = ['\u202e', '\u2066', '\u200b', '\u2028', '\ufeff', '\u{e0041}'];
const nameOf = (char: string) => `U+${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;

describe('http: hidden characters', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi({ log: structuredLog });
  });
  afterEach(() => api.close());

  for (const char of HIDDEN) {
    const name = nameOf(char);

    it(`refuses ${name} in the sub of a token`, async () => {
      const token = await mintIdToken({ sub: `own${char}er` });
      const send = () => api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);
      const { answer, lines, output } = await logOf(send);
      assertProblem(answer, 401, 'invalid_token');
      assert.equal(lines[0]?.reason, 'no-usable-sub');
      assert.ok(!output.includes(char));
    });

    it(`refuses ${name} in a uid and in the subject of an external user`, async () => {
      const uid = `own${char}er`;
      const { answer: found } = await logOf(() =>
        api.as('owner').get(`/v1/users/${encodeURIComponent(uid)}`),
      );
      assert.deepEqual(fieldsOf(assertProblem(found, 400, 'invalid_argument')), ['params.uid']);
      const { answer: added } = await logOf(() =>
        api.as('owner').post('/v1/users').send({ issuer: 'https://login.example.com', subject: uid }),
      );
      assert.deepEqual(fieldsOf(assertProblem(added, 400, 'invalid_argument')), ['body.subject']);
    });

    it(`shows ${name} of a reason in the user, the audit log and the log`, async () => {
      const reason = `asked${char}by שלום 👩‍👩‍👧`;
      const shown = `asked[${name}]by שלום 👩‍👩‍👧`;
      const change = { grants: [{ role: 'support', reason }], version: 1, auditReason: reason };
      const { answer, lines, output } = await logOf(() =>
        api.as('owner').put('/v1/users/member/roles').send(change),
      );
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.grants[0].reason, shown);
      assert.equal(lines.find(({ event }) => event === 'change')?.reason, shown);
      const { body } = (await logOf(() => api.as('owner').get('/v1/audit?action=roles.set'))).answer;
      assert.equal(body.events[0].reason, shown);
      assert.ok(![output, answer.text, JSON.stringify(body)].some((text) => text.includes(char)));
    });

    it(`shows ${name} of the display name of a new user, also in Firebase Auth`, async () => {
      const body = { email: 'ada@example.com', displayName: `A${char}da` };
      const { answer } = await logOf(() => api.as('owner').post('/v1/users').send(body));
      const stored = Object(api.google.users.get(answer.body.uid)).displayName;
      assert.deepEqual([answer.body.displayName, stored], [`A[${name}]da`, `A[${name}]da`]);
    });

    it(`shows ${name} of a display name and an e-mail address of an account`, async () => {
      const account = { ...accountOf('member'), displayName: `Ada${char}`, email: `a${char}da@example.com` };
      api.google.users.set('member', account);
      const { status, body, text } = (await logOf(() => api.as('owner').get('/v1/users/member'))).answer;
      assert.equal(status, 200, text);
      assert.deepEqual([body.displayName, body.email], [`Ada[${name}]`, `a[${name}]da@example.com`]);
    });
  }
});
