import { walkRows } from "./walk-rows.js";

walkRows("docker-container");
