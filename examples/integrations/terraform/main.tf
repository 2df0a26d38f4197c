variable "tag" {
  default = "slipway-with-terraform"
}

locals {
  app = "${path.module}/../app"
}

# Builds the image again when a file of the app or the tag changes.
resource "terraform_data" "image" {
  triggers_replace = [var.tag, [for file in fileset(local.app, "**") : filesha256("${local.app}/${file}")]]

  provisioner "local-exec" {
    command     = "slipway build --progress plain --tag \"$TAG\" \"$APP\""
    environment = { TAG = var.tag, APP = local.app }
  }
}

output "image" {
  value      = var.tag
  depends_on = [terraform_data.image]
}
