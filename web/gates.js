import { renderAnswer } from './answer.js';
import { callAnonymously, SignedOut } from './api.js';
import { byId, h } from './dom.js';

/** Routes worth trying. `{me}` is the caller's own user id. */
const GATES = [
  { method: 'GET', path: '/health', needs: 'nothing', title: 'The front door' },
  { method: 'GET', path: '/me', needs: 'a wristband', title: 'No wristband', isAnonymous: true },
  { method: 'GET', path: '/roles', needs: 'roles:read', title: 'The rule book' },
  { method: 'GET', path: '/users', needs: 'users:read', title: 'The guest list' },
  { method: 'GET', path: '/users/{me}', needs: 'users:read', title: 'Your own file' },
  {
    method: 'PUT',
    path: '/users/{me}/roles',
    needs: 'roles:assign',
    title: 'Crown yourself',
    // Refused for everybody, an owner too: nobody changes their own roles.
    body: { grants: [{ role: 'owner' }], version: 0, reason: 'tried the gate' },
  },
];

function renderGate(gate, call, ownId) {
  const result = h('div', { className: 'result', 'aria-live': 'polite' });
  const item = h('li', {
    className: 'gate',
    'data-state': 'unknown',
    'data-gate': `${gate.method} ${gate.path}`,
  });
  const button = h('button', { type: 'button' }, 'Try it');

  button.addEventListener('click', async () => {
    button.disabled = true;
    result.setAttribute('aria-busy', 'true');
    try {
      const path = gate.path.replace('{me}', encodeURIComponent(ownId()));
      const answer = await (gate.isAnonymous ? callAnonymously : call)(gate.method, path, gate.body);
      item.dataset.state = answer.ok ? 'open' : 'closed';
      result.replaceChildren(...renderAnswer(answer));
    } catch (error) {
      if (!(error instanceof SignedOut)) result.replaceChildren(h('p', {}, `No answer: ${error.message}`));
    } finally {
      button.disabled = false;
      result.removeAttribute('aria-busy');
    }
  });

  button.setAttribute('aria-label', `Try the gate ${gate.method} ${gate.path}`);
  item.append(
    h('div', { className: 'barrier', 'aria-hidden': 'true' }, h('i')),
    h(
      'div',
      { className: 'sign' },
      h('h3', {}, gate.title),
      h('code', {}, `${gate.method} ${gate.path}`),
      h('p', { className: 'quiet' }, 'needs ', h('b', {}, gate.needs)),
    ),
    button,
    result,
  );
  return item;
}

/** Fresh gates, without anybody's answers on them. */
export function showGates(call, ownId) {
  byId('gates').replaceChildren(...GATES.map((gate) => renderGate(gate, call, ownId)));
}
