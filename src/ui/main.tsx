import { render } from "preact";
import { App } from "./app.js";
import { redeemLink } from "./session.js";

await redeemLink();
render(<App />, document.getElementById("app")!);
