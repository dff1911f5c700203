import assert from 'node:assert/strict';
import { sessionHash } from '../../../src/authn/session-cookie/authenticator.ts';
import { csrfTokenOf } from '../../../src/authn/session-cookie/csrf.ts';
import { OPERATION_NEEDS } from '../../expectations/access.ts';
import { actor } from '../../helpers/actor.ts';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { type DocumentedOperation, document, mismatchOf, validatorOf } from '../../helpers/documented.ts';
import { describeWithNotes } from '../../helpers/notes.ts';

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    method,
    path,
    operation,
    name: operation.operationId,
  })),
);
/** The requests of others need what only their authors know. */
const builtIn = operations.filter(({ name }) => name in OPERATION_NEEDS);
const responsesOf = ({ responses }: DocumentedOperation) =>
  Object.values(responses).map((response) =>
    response.$ref === undefined
      ? response
      : (document.components.responses[response.$ref.split('/').at(-1) ?? ''] ?? assert.fail(response.$ref)),
  );

describeWithNotes('http: examples in OpenAPI', () => {
  for (const { name, operation } of operations) {
    it(`of ${name} are what their schemas say`, () => {
      const { parameters = [], requestBody } = operation;
      for (const { required, example, schema, name: parameter } of parameters) {
        if (!required) continue;
        assert.equal(validatorOf(schema)(example), undefined, parameter);
      }
      for (const { content = {} } of [requestBody ?? {}, ...responsesOf(operation)]) {
        for (const { schema, example, examples } of Object.values(content)) {
          const values =
            examples === undefined
              ? [example]
              : Object.values(examples).map(({ $ref, value }) =>
                  $ref === undefined
                    ? value
                    : document.components.examples[$ref.split('/').at(-1) ?? '']?.value,
                );
          assert.ok(values.length > 0);
          for (const value of values) {
            assert.notEqual(value, undefined);
            assert.equal(validatorOf(schema)(value), undefined, JSON.stringify(value));
          }
        }
      }
    });
  }

  it('have a value of its own for every text field', () => {
    const names = [...JSON.stringify(builtIn).matchAll(/"(\w+)\\?":\\?"text\\?"/g)].map(([, name]) => name);
    assert.deepEqual([...new Set(names)], [], 'add them to openapi-examples.ts');
  });
});

/** The request of an operation's examples. */
function requestOf(path: string, { parameters = [], requestBody }: DocumentedOperation) {
  const example = (name: string) => parameters.find((parameter) => parameter.name === name)?.example;
  return {
    url: `/v1${path.replaceAll(/\{(\w+)\}/g, (_match, name) => encodeURIComponent(String(example(name))))}`,
    body: requestBody?.content['application/json']?.example as object | undefined,
  };
}

describeWithNotes('http: requests of the examples in OpenAPI', () => {
  const LOGIN = 'https://login.example.com';
  let api: Api;
  beforeEach(async () => {
    const login = { type: 'oidc', issuer: LOGIN, audience: 'gatehouse', jwksUri: `${LOGIN}/keys` };
    api = await openApi({ product: { trustedIssuers: [login] } });
    await prepare();
  });
  afterEach(() => api.close());

  /** Makes the user of the examples, with version 3 and the role of the examples, and the note, of the caller and with version 3. */
  async function prepare(): Promise<void> {
    const getUser = operations.find(({ name }) => name === 'getUser') ?? assert.fail();
    const { url } = requestOf(getUser.path, getUser.operation);
    const getGrant = operations.find(({ name }) => name === 'getUserGrant') ?? assert.fail();
    const role = requestOf(getGrant.path, getGrant.operation).url.split('/').at(-1) ?? '';
    const uid = url.split('/').at(-1) ?? '';
    const [account] = [...api.google.users.values()];
    api.google.users.set(uid, { ...account, localId: uid, email: 'ada@example.com', customAttributes: '{}' });
    const put = (roles: string[], version: number) =>
      api
        .as('owner')
        .put(`${url}/roles`)
        .send({ grants: roles.map((role) => ({ role })), version });
    let { version } = (await api.as('owner').get(url)).body;
    for (; version < 3; version++) {
      const { status, text } = await put(version % 2 === 0 ? [role] : [], version);
      assert.equal(status, 200, text);
    }
    const getNote = operations.find(({ name }) => name === 'getNote') ?? assert.fail();
    const id = requestOf(getNote.path, getNote.operation).url.split('/').at(-1);
    const { body: note } = await api.as('owner').post('/v1/notes').send({ title: 'Buy milk' });
    const stored = await api.firestore.db.doc(`notes/${note.id}`).get();
    await api.firestore.db.doc(`notes/${id}`).set({ ...stored.data(), version: 3 });
  }

  /** These are about the session of the cookie. */
  const WITH_COOKIE = ['revokeMySessions', 'getCurrentSession', 'endCurrentSession'];

  /** Begins a session with the id of the examples. @returns the headers that a page of the session sends */
  async function beginSession(user: string): Promise<Record<string, string>> {
    const { operation } = operations.find(({ name }) => name === 'endMySession') ?? assert.fail();
    const id = String(operation.parameters?.[0]?.example);
    const { value, session } = await api.deps.sessions.create(actor(user, []), { replaces: [] });
    await api.firestore.db.doc(`sessions/${sessionHash(value)}`).update({ id });
    return {
      Cookie: `__session=${value}`,
      Origin: ORIGIN,
      'X-CSRF-Token': csrfTokenOf({ ...session, id }),
    };
  }

  for (const { name, method, path, operation } of builtIn) {
    // The tokens, codes and signatures of the examples are not real, the token of the test comes without the cookie, and its
    // user has no second factor.
    const isRefused = [
      ...['exchangeToken', 'createFirebaseToken', 'claimOwner', 'stepUpSession'],
      ...['createPasskey', 'verifySignIn', 'stepUp', 'getStepUpOptions', 'confirmTotp', 'renameFactor'],
      ...['deleteFactor', 'createRecoveryCodes'],
    ].includes(name);
    const expected = isRefused ? 400 : 200;
    it(`are answered as documented: ${name}`, async () => {
      const { url, body } = requestOf(path, operation);
      const { url: ofUser } = requestOf('/users/{uid}', operation);
      const headers = await beginSession(name === 'endUserSession' ? (ofUser.split('/')[3] ?? '') : 'owner');
      const agent = WITH_COOKIE.includes(name) ? api.as().set(headers) : api.as('owner');
      const sent = {
        get: agent.get,
        post: agent.post,
        put: agent.put,
        patch: agent.patch,
        delete: agent.delete,
      };
      const send = sent[method as keyof typeof sent].bind(agent);
      const answer = await send(url).send(body);
      assert.equal(Math.floor(answer.status / 100), expected / 100, `${answer.status} ${answer.text}`);
      const { status, text } = answer;
      assert.equal(
        mismatchOf({
          ...{ method: method.toUpperCase(), url, status, text },
          contentType: answer.headers['content-type'],
        }),
        undefined,
      );
    });
  }
});

describeWithNotes('the comparison of answers with OpenAPI', () => {
  const JSON_TYPE = 'application/json; charset=utf-8';
  const PROBLEM = 'application/problem+json';
  const health = (status: number, contentType: string | undefined, text: string) =>
    mismatchOf({ method: 'GET', url: '/v1/health?x', status, contentType, text });
  const problem = (code: string) => {
    const { value } = document.components.examples[code] ?? assert.fail(code);
    return JSON.stringify(value);
  };

  it('accepts documented answers, and those of requests for no operation', () => {
    assert.equal(health(200, JSON_TYPE, '{"status":"ok"}'), undefined);
    assert.equal(health(403, PROBLEM, problem('origin_denied')), undefined);
    assert.equal(
      mismatchOf({ method: 'PUT', url: '/v1/health', status: 405, contentType: PROBLEM, text: '{}' }),
      undefined,
    );
    assert.equal(
      mismatchOf({ method: 'HEAD', url: '/v1/health', status: 200, contentType: JSON_TYPE, text: '' }),
      undefined,
    );
  });

  const refused: [what: string, status: number, type: string | undefined, text: string, message: RegExp][] = [
    ['a status', 429, PROBLEM, problem('rate_limited'), /no such status/],
    ['a media type', 200, 'text/html', 'ok', /no such media type/],
    ['a field', 200, JSON_TYPE, '{"status":"ok","more":1}', /more/],
    ['a value', 200, JSON_TYPE, '{"status":"down"}', /status/],
    ['an error code', 403, PROBLEM, problem('permission_denied'), /code/],
  ];
  for (const [what, status, type, text, message] of refused) {
    it(`reports ${what} that is not documented`, () => {
      assert.match(health(status, type, text) ?? '', message);
    });
  }
});
