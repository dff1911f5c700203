const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A template: its values cannot become markup. Nested templates stay markup. */
function html(strings, ...values) {
  const escaped = values.map((value) =>
    value instanceof Markup ? value.text : String(value).replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign]),
  );
  return new Markup(String.raw({ raw: strings }, ...escaped));
}

class Markup {
  constructor(text) {
    this.text = text;
  }
}

const page = (title, content, settings = {}) =>
  html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>${title}</title>
    <script type="module" src="/browser.js"></script>
  </head>
  <body data-settings="${JSON.stringify(settings)}">
    <h1>${title}</h1>
    ${content}
  </body>
</html>`.text;

const listItem = (text) => html`<li>${text}</li>`.text;
const list = (texts) => html`<ul>${new Markup(texts.map(listItem).join(''))}</ul>`;

/** @param user what `verifySession` returned */
export const homePage = (user, settings) =>
  page(
    `Hello ${user.email ?? user.subject}`,
    html`<p>Your roles:</p>
    ${list(user.roles)}
    ${user.permissions.includes('users:read') ? html`<p><a href="/users">Users</a></p>` : ''}
    <button id="sign-out">Sign out</button>`,
    settings,
  );

export const usersPage = (emails) => page('Users', list(emails));

export const signInPage = (settings) =>
  page(
    'Sign in',
    html`<form id="sign-in">
      <label>E-mail <input name="email" type="email" autocomplete="username" required /></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
      <button>Sign in</button>
      <output></output>
    </form>`,
    settings,
  );

export const messagePage = (title, message) => page(title, html`<p>${message}</p>`);
