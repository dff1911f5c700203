import { SignedOut } from './api.js';
import { byId, chips, h } from './dom.js';

const PAGE_SIZE = 25;
let stamp = 0; // of the newest listing: what an older one still brings is not shown
let isShown = false;

/** The people panel follows the permissions: it appears with users:read and can change things with roles:assign. */
export async function updatePeople(call, me, isFresh) {
  const maySee = me.permissions.includes('users:read');
  if (!maySee) return clearPeople();
  if (isShown && !isFresh) return;
  await listPeople(call, me);
}

export function clearPeople() {
  stamp += 1;
  isShown = false;
  byId('people').hidden = true;
  byId('people-list').replaceChildren();
  byId('people-note').textContent = '';
  byId('people-more').hidden = true;
}

/** Reads the first page, or the next one after it. */
export async function listPeople(call, me, pageToken) {
  if (!pageToken) stamp += 1;
  const current = stamp;
  isShown = true;
  byId('people').hidden = false;
  try {
    const roles = await assignableRoles(call, me);
    const query = new URLSearchParams({ pageSize: PAGE_SIZE, ...(pageToken && { pageToken }) });
    const answer = await call('GET', `/users?${query}`);
    if (current !== stamp) return;
    if (!answer.ok) {
      byId('people-note').textContent = `${answer.problem?.detail ?? answer.problem?.title} (${answer.code})`;
      return;
    }
    byId('people-note').textContent = '';
    const items = answer.body.users.map((user) => renderPerson(user, { call, me, roles }));
    const list = byId('people-list');
    if (pageToken) list.append(...items);
    else list.replaceChildren(...items);
    const more = byId('people-more');
    more.hidden = !answer.body.nextPageToken;
    more.onclick = () => listPeople(call, me, answer.body.nextPageToken);
  } catch (error) {
    if (!(error instanceof SignedOut)) byId('people-note').textContent = `No answer: ${error.message}`;
  }
}

/** The roles to offer, from the API; none for somebody who may not give any. */
async function assignableRoles(call, me) {
  if (!me.permissions.includes('roles:assign')) return [];
  const answer = await call('GET', '/roles');
  return answer.ok ? answer.body.roles.map(({ name }) => name) : [];
}

function renderPerson(user, context) {
  const item = h('li', { className: 'person', 'data-uid': user.uid });
  fillPerson(item, user, context);
  return item;
}

function fillPerson(item, user, context, note) {
  const isSelf = user.uid === context.me.uid;
  const name = nameOf(user);
  const identity = h(
    'div',
    { className: 'identity' },
    h(
      'h3',
      {},
      name,
      isSelf && h('span', { className: 'tag' }, 'you'),
      user.disabled && h('span', { className: 'tag' }, 'disabled'),
    ),
    h('p', { className: 'quiet' }, originOf(user).filter(Boolean).join(' · ')),
    h(
      'p',
      { className: 'quiet' },
      h('code', {}, user.uid),
      ` · roles version ${user.version}`,
      endings(user),
    ),
  );
  const mayChange = context.roles.length > 0 && !isSelf;
  const roles = h(
    'div',
    { className: 'rights' },
    mayChange ? renderForm(item, user, context, name) : chips(user.roles, `Roles of ${name}`),
    user.identity && h('p', { className: 'quiet' }, besides(user)),
  );
  const message = h('p', { className: `message ${note?.kind ?? ''}`, role: 'status' });
  item.replaceChildren(identity, roles, message);
  message.textContent = note?.text ?? ''; // after it is in the page, so that it is read out
}

/** What they are called. Nobody knows somebody of another issuer by the id that they have here. */
function nameOf({ displayName, email, identity, uid }) {
  const elsewhere =
    identity && `${URL.parse(identity.issuer)?.host || identity.issuer} · ${identity.subject}`;
  return displayName ?? email ?? elsewhere ?? uid;
}

/** Where they come from, and what their name does not say of who they are there. */
function originOf({ displayName, email, identity, providers }) {
  if (identity) return [identity.issuer, (displayName ?? email) && identity.subject];
  return [email, providers.join(', ')];
}

/** What the boxes do not show. */
const besides = ({ linkedTo }) =>
  linkedTo ? `at rest: has the rights of ${linkedTo}` : 'besides what their issuer gives';

function renderForm(item, user, context, name) {
  const boxes = context.roles.map((role) =>
    h('input', { type: 'checkbox', name: 'role', value: role, checked: user.roles.includes(role) }),
  );
  const save = h('button', { type: 'submit', disabled: true }, 'Save');
  const chosen = () => boxes.filter((box) => box.checked).map((box) => grantOf(user, box.value));
  const isChanged = () => boxes.some((box) => box.checked !== user.roles.includes(box.value));

  async function onsubmit(event) {
    event.preventDefault();
    save.disabled = true;
    const body = { grants: chosen(), version: user.version, reason: 'changed on the Gatehouse page' };
    fillPerson(item, ...(await saveRoles(user, body, context)));
    item.dispatchEvent(new CustomEvent('gatehouse:changed', { bubbles: true }));
  }

  return h(
    'form',
    { className: 'roles', onsubmit, onchange: () => (save.disabled = !isChanged()) },
    h(
      'fieldset',
      {},
      h('legend', {}, `Roles of ${name}`),
      ...boxes.map((box) => h('label', { className: 'choice', 'data-role': box.value }, box, box.value)),
    ),
    save,
  );
}

/** What they hold stays as it was given, its end and its reason included. */
function grantOf(user, role) {
  const { expiresAt, reason } = user.grants.find((grant) => grant.role === role) ?? {};
  const isOver = expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
  return isOver ? { role } : { role, expiresAt, reason };
}

/** Until when those roles count that do not count for good. */
function endings({ grants }) {
  return grants
    .filter(({ expiresAt }) => expiresAt !== undefined)
    .map(({ role, expiresAt }) => ` · ${role} until ${new Date(expiresAt).toLocaleString()}`)
    .join('');
}

/** Changes the roles; gives what the row shall show now. After a refusal that is the user as the server has them. */
async function saveRoles(user, body, context) {
  const path = `/users/${encodeURIComponent(user.uid)}`;
  try {
    const answer = await context.call('PUT', `${path}/roles`, body);
    if (answer.ok) {
      return [answer.body, context, { kind: 'good', text: `Saved, now version ${answer.body.version}.` }];
    }
    const { title, detail } = answer.problem ?? {};
    const note = { kind: 'bad', text: `${detail ?? title ?? 'Refused'} (${answer.code})` };
    const current = await context.call('GET', path);
    return [current.ok ? current.body : user, context, note];
  } catch (error) {
    const text =
      error instanceof SignedOut ? '' : `No answer: ${error.message}. Reload before you try again.`;
    return [user, context, { kind: 'bad', text }];
  }
}
