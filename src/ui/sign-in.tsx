import { useEffect, useState } from "preact/hooks";
import { api, type Problem, problemOf } from "./api.js";
import { keepToken } from "./session.js";

/** What is shown until the host takes the token. A page of `slipway ui` needs a link instead, and says so. */
export function SignIn() {
  const [problem, setProblem] = useState<Problem>();
  const ask = () => api.host.negotiate({}).catch((cause) => setProblem(problemOf(cause)));
  useEffect(() => {
    void ask();
  }, []);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = new FormData(event.currentTarget as HTMLFormElement).get("token");
    keepToken(String(field).trim() || undefined);
    void ask();
  };
  return (
    <main class="sign-in">
      <h1>Slipway</h1>
      <p role="alert">{problem?.message}</p>
      {problem?.reason === "PAGE_LINK_USED" ? (
        <p>{problem.remedy}</p>
      ) : (
        <form onSubmit={onSubmit}>
          <label>
            Token of the host
            <input name="token" type="password" autoComplete="off" required />
          </label>
          <button type="submit" class="primary">
            Sign in
          </button>
          <p class="note">It is kept until this tab is closed.</p>
        </form>
      )}
    </main>
  );
}
