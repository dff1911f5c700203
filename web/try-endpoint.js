import { renderAnswer } from './answer.js';
import { callAnonymously, SignedOut } from './api.js';
import { allRoles, requirementOf } from './api-document.js';
import { byId, h, withCode } from './dom.js';

/** Operations to try. `{uid}` becomes the user's own id. */
const ENDPOINTS = [
  { method: 'GET', path: '/health', title: 'Health check' },
  { method: 'GET', path: '/me', title: 'Call without a token', isAnonymous: true },
  { method: 'GET', path: '/roles', title: 'List roles' },
  { method: 'GET', path: '/users', title: 'List users' },
  { method: 'GET', path: '/users/{uid}', title: 'Get your own user' },
  {
    method: 'PUT',
    path: '/users/{uid}/roles',
    title: 'Grant yourself all roles',
    // Always refused: users cannot change their own roles, not even owners.
    createBody: async () => ({
      grants: (await allRoles()).map((role) => ({ role })),
      version: 0,
      auditReason: 'tried on the Gatehouse page',
    }),
  },
];

function renderEndpoint({ method, path, title, isAnonymous, createBody }, call, ownId) {
  const name = `${method} ${path}`;
  const requirement = h('p', { className: 'quiet' });
  const result = h('div', { className: 'result', 'aria-live': 'polite' });
  const button = h('button', { type: 'button', 'aria-label': `Try ${name}` }, 'Try it');
  const item = h(
    'li',
    { className: 'endpoint', 'data-state': 'untried', 'data-endpoint': name },
    h('div', {}, h('h3', {}, title), h('code', {}, name)),
    button,
    requirement,
    result,
  );

  button.addEventListener('click', async () => {
    button.disabled = true;
    result.setAttribute('aria-busy', 'true');
    try {
      const url = path.replace('{uid}', encodeURIComponent(ownId()));
      const answer = await (isAnonymous ? callAnonymously : call)(method, url, await createBody?.());
      item.dataset.state = answer.ok ? 'ok' : 'refused';
      result.replaceChildren(...renderAnswer(answer));
    } catch (error) {
      if (!(error instanceof SignedOut)) result.replaceChildren(h('p', {}, `No answer: ${error.message}`));
    } finally {
      button.disabled = false;
      result.removeAttribute('aria-busy');
    }
  });

  // Without the document the endpoints can still be tried.
  requirementOf(method, path).then(
    (text) => requirement.replaceChildren(...withCode(text)),
    () => requirement.remove(),
  );
  return item;
}

/** Shows the endpoints without results. */
export function showEndpoints(call, ownId) {
  byId('endpoints').replaceChildren(...ENDPOINTS.map((endpoint) => renderEndpoint(endpoint, call, ownId)));
}
