import { SignedOut, whyRefused } from './api.js';
import { byId, chips, h } from './dom.js';

const PAGE_SIZE = 25;
let latestRead = 0; // the response of an older read is not shown
let isShown = false;

/** Shows the users to those with `users:read`; with `roles:assign` their roles can be changed. */
export async function updateUsers(call, me, isChanged) {
  if (!me.permissions.includes('users:read')) return clearUsers();
  if (isShown && !isChanged) return;
  await listUsers(call, me);
}

export function clearUsers() {
  latestRead += 1;
  isShown = false;
  byId('users').hidden = true;
  byId('users-list').replaceChildren();
  byId('users-note').textContent = '';
  byId('users-more').hidden = true;
}

/** Lists the first page of users, or appends the page that `pageToken` names. */
export async function listUsers(call, me, pageToken) {
  if (!pageToken) latestRead += 1;
  const thisRead = latestRead;
  isShown = true;
  byId('users').hidden = false;
  try {
    const roles = await assignableRoles(call, me);
    const query = new URLSearchParams({ pageSize: PAGE_SIZE, ...(pageToken && { pageToken }) });
    const answer = await call('GET', `/users?${query}`);
    if (thisRead !== latestRead) return;
    if (!answer.ok) {
      byId('users-note').textContent = whyRefused(answer);
      return;
    }
    byId('users-note').textContent = '';
    const items = answer.body.users.map((user) => renderUser(user, { call, me, roles }));
    const list = byId('users-list');
    if (pageToken) list.append(...items);
    else list.replaceChildren(...items);
    const more = byId('users-more');
    more.hidden = !answer.body.nextPageToken;
    more.onclick = () => listUsers(call, me, answer.body.nextPageToken);
  } catch (error) {
    if (!(error instanceof SignedOut)) byId('users-note').textContent = `No answer: ${error.message}`;
  }
}

/** The roles to offer, from the API. Empty without `roles:assign`. */
async function assignableRoles(call, me) {
  if (!me.permissions.includes('roles:assign')) return [];
  const answer = await call('GET', '/roles');
  return answer.ok ? answer.body.roles.map(({ name }) => name) : [];
}

function renderUser(user, context) {
  const item = h('li', { className: 'user', 'data-uid': user.uid });
  fillUser(item, user, context);
  return item;
}

function fillUser(item, user, context, note) {
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
    h('p', { className: 'quiet' }, h('code', {}, user.uid), ` · version ${user.version}`, expiriesOf(user)),
  );
  const canChange = context.roles.length > 0 && !isSelf;
  const roles = h(
    'div',
    { className: 'user-roles' },
    canChange ? renderForm(item, user, context, name) : chips(grantedRoles(user), `Roles of ${name}`),
    isExternal(user) && h('p', { className: 'quiet' }, issuerRoles(user)),
  );
  const message = h('p', { className: `message ${note?.kind ?? ''}`, role: 'status' });
  item.replaceChildren(identity, roles, message);
  message.textContent = note?.text ?? ''; // set last: screen readers announce the change of a status element
}

/** Is it a user of another issuer than Firebase? */
const isExternal = ({ uid }) => uid.startsWith('ext-');

/** The user's name. An external user's verified e-mail address, else issuer and subject: the uid is a hash. */
function nameOf({ displayName, email, emailVerified, identity, uid }) {
  if (!isExternal({ uid })) return displayName ?? email ?? uid;
  return emailVerified && email ? email : `${hostOf(identity.issuer)} · ${identity.subject}`;
}

/** The host of an issuer. An issuer need not be a URL; one that is none is shown as it is. */
function hostOf(issuer) {
  try {
    return new URL(issuer).host || issuer;
  } catch {
    return issuer;
  }
}

/** E-mail and sign-in providers. For an external user the issuer, and what the name does not show. */
function originOf({ email, emailVerified, identity, providers, uid }) {
  if (!isExternal({ uid })) return [email, providers.join(', ')];
  return [identity.issuer, email && (emailVerified ? identity.subject : `${email} (unverified)`)];
}

/** Granted by a token exchange, until the issuer's token expires. */
const isFromExchange = ({ identity }, { grantedBy }) => grantedBy === identity.issuer;

/** The active roles, without those that only a token exchange granted. */
const grantedRoles = (user) =>
  user.roles.filter(
    (role) => !user.grants.some((grant) => grant.role === role && isFromExchange(user, grant)),
  );

/** What an external user can have besides the roles shown. */
function issuerRoles(user) {
  const exchanged = user.grants.filter(
    (grant) => isFromExchange(user, grant) && user.roles.includes(grant.role),
  );
  const text = 'Tokens of the issuer can add roles.';
  return exchanged.length > 0 ? `${text} Token exchange: ${exchanged.map(expiryOf).join(', ')}.` : text;
}

function renderForm(item, user, context, name) {
  const held = grantedRoles(user);
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
      auditReason: 'changed on the Gatehouse page',
    };
    fillUser(item, ...(await saveRoles(user, body, context)));
    item.dispatchEvent(new CustomEvent('gatehouse:changed', { bubbles: true }));
  }

  return h(
    'form',
    { className: 'roles', onsubmit, onchange: () => (save.disabled = !isChanged()) },
    h(
      'fieldset',
      {},
      h('legend', {}, `Roles of ${name}`),
      ...boxes.map((box) => h('label', { className: 'choice' }, box, box.value)),
    ),
    save,
  );
}

/**
 * The complete list of grants to save. A role that is kept keeps its expiry and reason, even if it has expired since it
 * was read. A grant from a token exchange is kept until the same role is granted here.
 */
function grantsFor(user, ticked) {
  const held = grantedRoles(user);
  const kept = user.grants.filter((grant) => {
    const isTicked = ticked.includes(grant.role);
    return isFromExchange(user, grant) ? !isTicked : isTicked && held.includes(grant.role);
  });
  const added = ticked.filter((role) => !kept.some((grant) => grant.role === role));
  return [
    ...kept.map(({ role, expiresAt, reason }) => ({ role, expiresAt, reason })),
    ...added.map((role) => ({ role })),
  ];
}

/** When the grants that have an expiry end. */
const expiriesOf = (user) =>
  user.grants
    .filter((grant) => grant.expiresAt !== undefined && !isFromExchange(user, grant))
    .map((grant) => ` · ${expiryOf(grant)}`)
    .join('');

const expiryOf = ({ role, expiresAt }) => `${role} until ${new Date(expiresAt).toLocaleString()}`;

/** Saves the roles. Returns what the row shows next: after a refusal, the user as the server has it. */
async function saveRoles(user, body, context) {
  const path = `/users/${encodeURIComponent(user.uid)}`;
  try {
    const answer = await context.call('PUT', `${path}/roles`, body);
    if (answer.ok) {
      return [answer.body, context, { kind: 'good', text: `Saved as version ${answer.body.version}.` }];
    }
    const note = { kind: 'bad', text: whyRefused(answer) };
    const current = await context.call('GET', path);
    return [current.ok ? current.body : user, context, note];
  } catch (error) {
    const text =
      error instanceof SignedOut ? '' : `No answer: ${error.message}. Reload before you try again.`;
    return [user, context, { kind: 'bad', text }];
  }
}
