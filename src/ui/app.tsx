import { useEffect, useRef } from "preact/hooks";
import { api, client } from "./api.js";
import { BuildPage } from "./build-page.js";
import { BuildersPage } from "./builders-page.js";
import { BuildsPage } from "./builds-page.js";
import { ComparePage } from "./compare-page.js";
import { connection } from "./connection.js";
import { DriversPage } from "./drivers-page.js";
import { HistoryPage } from "./history-page.js";
import { NewBuilderPage } from "./new-builder-page.js";
import { useChanges } from "./observable.js";
import { PluginsPage } from "./plugins-page.js";
import { linkTo, type Route, useRoute } from "./route.js";
import { currentToken, keepToken } from "./session.js";
import { SignIn } from "./sign-in.js";
import { usePoll } from "./use-poll.js";

/** How often the page asks whether the host is there, in milliseconds. */
const presenceMs = 15_000;

const pages = [
  ["builds", "Builds"],
  ["builders", "Builders"],
  ["drivers", "Drivers"],
  ["plugins", "Plugins"],
] as const;

/** The page. What one has typed stays while the host wants another token. */
export function App() {
  useChanges(connection);
  const { refusal } = connection;
  return (
    <>
      {refusal !== undefined && <SignIn refusal={refusal} />}
      <div hidden={refusal !== undefined}>
        <Pages key={connection.users} />
      </div>
    </>
  );
}

function Pages() {
  const route = useRoute();
  const { value } = usePoll(
    "host",
    async (signal) => {
      const { host, principal } = await api.host.negotiate({ client }, { signal });
      connection.identify(principal);
      return host;
    },
    presenceMs,
  );
  const [name = "builds"] = route;
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="bar">
        <a class="brand" href={linkTo("builds")}>
          Slipway
        </a>
        <nav aria-label="Pages">
          {pages.map(([page, title]) => (
            <a key={page} href={linkTo(page)} aria-current={page === titleOf(name) ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <span class="version">{value && `${value.name} ${value.version}`}</span>
        <User />
      </header>
      <div role="status">
        {connection.isLost && <p class="banner">The host does not answer. The page tries again.</p>}
      </div>
      <Content key={route.join("/")} route={route} />
    </>
  );
}

/** Who is signed in. One who has typed a token can sign out. */
function User() {
  const { principal } = connection;
  if (!principal || principal === "local") return null;
  return (
    <span class="user">
      <span class="note">{principal}</span>
      {currentToken() && (
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      )}
    </span>
  );
}

/** Forgets the token and reloads, so that nothing remains on the page. */
function signOut() {
  keepToken(undefined);
  location.reload();
}

/** Not by a link: the address names a page. */
function skip() {
  document.getElementById("main")?.focus();
}

/** Whether a page was shown before: then the next one takes the focus, for screen readers. */
let isFirst = true;

/** Builds of other clients are builds, too. */
const titleOf = (page: string) => (page === "history" || page === "compare" ? "builds" : page);

function Content({ route: [page = "builds", id, action, other] }: { route: Route }) {
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!isFirst) main.current?.focus();
    isFirst = false;
  }, []);
  return (
    <main id="main" ref={main} tabIndex={-1}>
      {page === "builds" && !id && <BuildsPage />}
      {page === "builds" && id && <BuildPage id={id} />}
      {page === "compare" && id && action && <ComparePage later={id} earlier={action} />}
      {page === "history" && id && action && other && <HistoryPage builder={id} node={action} id={other} />}
      {page === "builders" && id !== "new" && <BuildersPage />}
      {page === "builders" && id === "new" && <NewBuilderPage />}
      {page === "drivers" && <DriversPage />}
      {page === "plugins" && <PluginsPage />}
      {!pages.some(([name]) => name === titleOf(page)) && <NoPage />}
    </main>
  );
}

function NoPage() {
  return (
    <>
      <h1>There is no such page</h1>
      <p>
        <a href={linkTo("builds")}>All builds</a>
      </p>
    </>
  );
}
