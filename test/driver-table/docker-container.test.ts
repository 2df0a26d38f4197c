import { testRows } from "./test-rows.js";

testRows("docker-container");
