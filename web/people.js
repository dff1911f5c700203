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
    mayChange ? renderForm(item, user, context, name) : chips(ownRoles(user), `Roles of ${name}`),
    user.identity && h('p', { className: 'quiet' }, besides(user)),
  );
  const message = h('p', { className: `message ${note?.kind ?? ''}`, role: 'status' });
  item.replaceChildren(identity, roles, message);
  message.textContent = note?.text ?? ''; // after it is in the page, so that it is read out
}

/** What they are called. Of another issuer: nobody knows them by their id here, and an address may be anybody's. */
function nameOf({ displayName, email, emailVerified, identity, uid }) {
  if (!identity) return displayName ?? email ?? uid;
  return emailVerified && email ? email : `${hostOf(identity.issuer)} · ${identity.subject}`;
}

/** Issuers need not be addresses, and one that is none must not cost the whole list. */
function hostOf(issuer) {
  try {
    return new URL(issuer).host || issuer;
  } catch {
    return issuer;
  }
}

/** Where they come from, and what their name does not say of who they are there. */
function originOf({ email, emailVerified, identity, providers }) {
  if (!identity) return [email, providers.join(', ')];
  return [identity.issuer, email && (emailVerified ? identity.subject : `${email} (unverified)`)];
}

/** An exchange wrote it down until their token ends; nobody here gave it. */
const isOfIssuer = ({ identity }, { grantedBy }) => identity !== undefined && grantedBy === identity.issuer;

/** The roles that count, without what only their issuer gives. */
const ownRoles = (user) =>
  user.roles.filter((role) => !user.grants.some((grant) => grant.role === role && isOfIssuer(user, grant)));

/** What the boxes do not show. */
function besides(user) {
  const given = user.grants.filter((grant) => isOfIssuer(user, grant) && user.roles.includes(grant.role));
  return `besides what their issuer gives${given.length ? `, in Firebase ${given.map(ending).join(', ')}` : ''}`;
}

function renderForm(item, user, context, name) {
  const held = ownRoles(user);
  const boxes = context.roles.map((role) =>
    h('input', { type: 'checkbox', name: 'role', value: role, checked: held.includes(role) }),
  );
  const save = h('button', { type: 'submit', disabled: true }, 'Save');
  const ticked = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const isChanged = () => boxes.some((box) => box.checked !== held.includes(box.value));

  async function onsubmit(event) {
    event.preventDefault();
    save.disabled = true;
    const body = {
      grants: grantsFor(user, ticked()),
      version: user.version,
      reason: 'changed on the Gatehouse page',
    };
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

/**
 * All grants that they shall have. What they hold stays as it was given, its end and its reason included, even when it
 * has ended since it was read; so does what their issuer gives, until somebody here gives the same role.
 */
function grantsFor(user, ticked) {
  const held = ownRoles(user);
  const kept = user.grants.filter((grant) => {
    const isTicked = ticked.includes(grant.role);
    return isOfIssuer(user, grant) ? !isTicked : isTicked && held.includes(grant.role);
  });
  const anew = ticked.filter((role) => !kept.some((grant) => grant.role === role));
  return [
    ...kept.map(({ role, expiresAt, reason }) => ({ role, expiresAt, reason })),
    ...anew.map((role) => ({ role })),
  ];
}

/** Until when those roles count that do not count for good. */
const endings = (user) =>
  user.grants
    .filter((grant) => grant.expiresAt !== undefined && !isOfIssuer(user, grant))
    .map((grant) => ` · ${ending(grant)}`)
    .join('');

const ending = ({ role, expiresAt }) => `${role} until ${new Date(expiresAt).toLocaleString()}`;

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
