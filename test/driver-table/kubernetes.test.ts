import { walkRows } from "./walk-rows.js";

walkRows("kubernetes");
